"""Every overlay passes every gate."""

from typing import Any

import pytest

from tests.deploy.gates import code, custom, graph, native, pods, references, scaling
from tests.deploy.rendering import OVERLAYS, of_kind, rendered

pytestmark = pytest.mark.parametrize("overlay", OVERLAYS)


@pytest.mark.parametrize("version", native.VERSIONS)
def test_kubernetes_takes_it(overlay: str, version: str) -> None:
    """The oldest and the newest supported version accept every manifest, strictly."""
    assert native.problems(rendered(overlay), version) == []


@pytest.mark.skipif(not custom.SCHEMAS.exists(), reason=f"no definitions in {custom.SCHEMAS}")
def test_the_operators_take_it(overlay: str) -> None:
    """Every custom resource fits its definition, unknown fields and CEL rules included."""
    assert custom.problems(rendered(overlay)) == []


def test_pods_are_hardened(overlay: str) -> None:
    """Every pod has what operations.md asks of one."""
    assert pods.problems(rendered(overlay)) == []


def test_references_meet(overlay: str, facts: dict[str, Any]) -> None:
    """Selectors, ports, configuration, secrets, targets and backends exist."""
    drawn = {
        (name, key): value for name, keys in facts["drawn"].items() for key, value in keys.items()
    }
    assert references.problems(rendered(overlay), drawn) == []


def test_the_network_is_the_service_graph(overlay: str, facts: dict[str, Any]) -> None:
    """Allowed are the edges that the processes' settings have, and no others."""
    assert graph.problems(rendered(overlay), facts["edges"]) == []


def test_nothing_is_scaled_beyond_the_partitions(overlay: str, facts: dict[str, Any]) -> None:
    """The gateway is scaled, workers have fixed places, the trainer is one."""
    assert scaling.problems(rendered(overlay), facts["partitions"]) == []


def test_the_code_reads_its_settings(overlay: str, facts: dict[str, Any]) -> None:
    """Every variable is one that the code knows, and the code accepts all of them."""
    assert code.problems(rendered(overlay), facts) == []
    assert facts["complaints"][overlay] == []


def test_topics_and_users_are_the_topic_tables(overlay: str, facts: dict[str, Any]) -> None:
    """What is committed is what the code makes, and all of it is in the overlays with a Kafka."""
    assert facts["stale"] == []
    manifests = rendered(overlay)
    if of_kind(manifests, "Kafka"):
        assert (
            sorted(t["metadata"]["name"] for t in of_kind(manifests, "KafkaTopic"))
            == facts["topics"]
        )
    for one in of_kind(manifests, "ScaledObject"):
        metadata = one["spec"]["triggers"][0]["metadata"]
        assert (metadata["consumerGroup"], metadata["topic"]) == (
            facts["group"],
            "profile.interaction.v1",
        )
