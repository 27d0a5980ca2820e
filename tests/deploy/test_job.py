"""A command that runs beside a process, as a Job made of its Deployment."""

from typing import Any

import pytest

from deploy.manifests.job import job as made
from tests.deploy.gates import graph, native, pods
from tests.deploy.rendering import named, rendered


def test_it_is_the_process_with_another_command(facts: dict[str, Any]) -> None:
    """The cluster takes it; it is hardened, has the process's secrets and edges, and gets none of its requests."""
    manifests = rendered("prod")
    process = named(manifests, "Deployment", "profile-api")
    job = made(process, ["republish", "--restored"])
    assert native.problems([job], native.VERSIONS[0]) == []
    pod, before = job["spec"]["template"], process["spec"]["template"]
    assert pod["spec"]["containers"][0]["args"] == ["republish", "--restored"]
    assert pod["spec"]["volumes"] == before["spec"]["volumes"]
    job["metadata"]["name"] = "profile-api-republish"
    pod["spec"]["serviceAccountName"] = "profile-api-republish"
    assert pods.problems([*manifests, job]) == []
    needed = {**facts["edges"], "profile-api-republish": ["kafka", "postgres"]}
    assert graph.problems([*manifests, job], needed) == []
    service = named(manifests, "Service", "profile-api")["spec"]["selector"]
    assert not service.items() <= pod["metadata"]["labels"].items()


def test_anything_else_is_refused() -> None:
    """A StatefulSet, and what is no manifest."""
    for wrong in (named(rendered("prod"), "StatefulSet", "recommender-worker"), {}):
        with pytest.raises(ValueError, match="no Deployment"):
            made(wrong, ["rebuild"])
