"""Each rule of the gates catches what breaks it: a change that somebody might make, and the word the gate says."""

import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from tests.deploy.conftest import ask
from tests.deploy.gates import code, custom, graph, native, pods, references, scaling
from tests.deploy.rendering import Manifest, Manifests, container, named, of_kind, pod, rendered

Change = Callable[[Manifests], Any]


def spec(manifests: Manifests, kind: str = "Deployment", name: str = "profile-api") -> Manifest:
    """The pod's spec."""
    return pod(named(manifests, kind, name))["spec"]


def process(manifests: Manifests, kind: str = "Deployment", name: str = "profile-api") -> Manifest:
    """The process's container."""
    return container(named(manifests, kind, name))


def settings(manifests: Manifests) -> dict[str, str]:
    """The settings that all processes share."""
    (found,) = [m for m in of_kind(manifests, "ConfigMap") if "STACKWISE_PORT" in m["data"]]
    data: dict[str, str] = found["data"]
    return data


def without(manifests: Manifests, kind: str, name: str) -> None:
    """The manifests lose one."""
    manifests.remove(named(manifests, kind, name))


PODS: list[tuple[str, Change]] = [
    ("no ServiceAccount of its own", lambda m: spec(m).update(serviceAccountName="gateway-api")),
    ("mounts a token", lambda m: spec(m).update(automountServiceAccountToken=True)),
    ("user below 10000", lambda m: spec(m)["securityContext"].update(runAsUser=1000)),
    ("no seccomp", lambda m: spec(m)["securityContext"].pop("seccompProfile")),
    ("has no size", lambda m: spec(m)["volumes"].append({"name": "more", "emptyDir": {}})),
    (
        "keeps capabilities",
        lambda m: process(m)["securityContext"].update(capabilities={"drop": []}),
    ),
    ("may escalate", lambda m: process(m)["securityContext"].pop("allowPrivilegeEscalation")),
    (
        "write to its root",
        lambda m: process(m)["securityContext"].update(readOnlyRootFilesystem=False),
    ),
    ("requests no cpu", lambda m: process(m)["resources"]["requests"].pop("cpu")),
    (
        "requests no ephemeral-storage",
        lambda m: process(m)["resources"]["requests"].pop("ephemeral-storage"),
    ),
    ("memory limit that is not", lambda m: process(m)["resources"]["limits"].update(memory="4Gi")),
    (
        "secret in the environment",
        lambda m: process(m)["env"].append(
            {"name": "X", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}
        ),
    ),
    ("not three probes", lambda m: process(m).update(livenessProbe=process(m)["startupProbe"])),
    (
        "liveness is not",
        lambda m: process(m)["livenessProbe"]["httpGet"].update(path="/health/ready"),
    ),
    (
        "no PodDisruptionBudget",
        lambda m: named(m, "PodDisruptionBudget", "profile-api")["spec"].pop(
            "unhealthyPodEvictionPolicy"
        ),
    ),
    (
        "takes pods away",
        lambda m: named(m, "Deployment", "profile-api")["spec"]["strategy"]["rollingUpdate"].update(
            maxUnavailable=1
        ),
    ),
    ("not spread", lambda m: spec(m)["topologySpreadConstraints"].pop()),
    ("does not enforce", lambda m: m[0]["metadata"].update(labels={})),
    ("no LimitRange", lambda m: without(m, "LimitRange", "stackwise")),
    (
        "not in the namespace",
        lambda m: named(m, "Service", "profile-api")["metadata"].update(namespace="default"),
    ),
]

REFERENCES: list[tuple[str, Change]] = [
    (
        "its own pods only",
        lambda m: named(m, "Deployment", "profile-api")["spec"]["selector"].update(
            matchLabels={"stackwise.io/kind": "process"}
        ),
    ),
    (
        "Service/profile-api does not select",
        lambda m: named(m, "Service", "profile-api")["spec"].update(selector={"app": "profile"}),
    ),
    (
        "Budget/profile-api does not select",
        lambda m: named(m, "PodDisruptionBudget", "profile-api")["spec"]["selector"].update(
            matchLabels={"app": "profile"}
        ),
    ),
    (
        "watches a port",
        lambda m: named(m, "PodMonitor", "stackwise")["spec"]["podMetricsEndpoints"][0].update(
            port="prometheus"
        ),
    ),
    (
        "leads to port web",
        lambda m: named(m, "Service", "profile-api")["spec"]["ports"][0].update(targetPort="web"),
    ),
    ("probes port 9000", lambda m: process(m)["livenessProbe"]["httpGet"].update(port=9000)),
    ("no ServiceAccount/", lambda m: without(m, "ServiceAccount", "profile-api")),
    ("no ConfigMap/", lambda m: process(m)["envFrom"][0]["configMapRef"].update(name="config")),
    (
        "no PersistentVolumeClaim/",
        lambda m: without(m, "PersistentVolumeClaim", "recommender-trainer"),
    ),
    (
        "mounts no volume",
        lambda m: process(m)["volumeMounts"].append({"name": "data", "mountPath": "/data"}),
    ),
    (
        "secret stackwise-profile, key password",
        lambda m: without(m, "KafkaUser", "stackwise-profile"),
    ),
    ("secret recommender-keda, key sasl", lambda m: without(m, "Secret", "recommender-keda")),
    (
        "Cluster/stackwise-postgres needs secret",
        lambda m: without(m, "ExternalSecret", "profile-postgres"),
    ),
    (
        "scales nothing",
        lambda m: named(m, "HorizontalPodAutoscaler", "gateway-api")["spec"][
            "scaleTargetRef"
        ].update(name="gateway"),
    ),
    (
        "HTTPRoute/gateway-api leads to no",
        lambda m: named(m, "HTTPRoute", "gateway-api")["spec"]["rules"][0]["backendRefs"][0].update(
            port=80
        ),
    ),
]

GRAPH: list[tuple[str, Change]] = [
    (
        "gateway-api may not talk to profile-api",
        lambda m: without(m, "NetworkPolicy", "profile-api-from-gateway-api"),
    ),
    (
        "profile-api may not talk to postgres",
        lambda m: pod(named(m, "Deployment", "profile-api"))["metadata"]["labels"].pop(
            "stackwise.io/postgres"
        ),
    ),
    (
        "catalog-api may talk to redis",
        lambda m: pod(named(m, "Deployment", "catalog-api"))["metadata"]["labels"].update(
            {"stackwise.io/redis": "true"}
        ),
    ),
    ("nothing denies", lambda m: without(m, "NetworkPolicy", "default-deny")),
    (
        "profile-api is open to other namespaces",
        lambda m: named(m, "NetworkPolicy", "gateway-api-from-outside")["spec"].update(
            podSelector={}
        ),
    ),
]

SCALING: list[tuple[str, Change]] = [
    (
        "HorizontalPodAutoscaler/gateway-api goes beyond",
        lambda m: named(m, "HorizontalPodAutoscaler", "gateway-api")["spec"].update(maxReplicas=65),
    ),
    (
        "ScaledObject/recommender-worker goes beyond",
        lambda m: named(m, "ScaledObject", "recommender-worker")["spec"].update(maxReplicaCount=65),
    ),
    (
        "would be a rebalance",
        lambda m: named(m, "HorizontalPodAutoscaler", "gateway-api")["spec"][
            "scaleTargetRef"
        ].update(name="recommender-worker"),
    ),
    (
        "its scaler decides",
        lambda m: named(m, "Deployment", "gateway-api")["spec"].update(replicas=3),
    ),
    ("nothing scales", lambda m: without(m, "HorizontalPodAutoscaler", "gateway-api")),
    (
        "more workers",
        lambda m: named(m, "StatefulSet", "recommender-worker")["spec"].update(replicas=65),
    ),
    ("not static", lambda m: process(m, "StatefulSet", "recommender-worker").update(env=[])),
    (
        "not one, recreated",
        lambda m: named(m, "Deployment", "recommender-trainer")["spec"].update(replicas=2),
    ),
]

CODE: list[tuple[str, Change]] = [
    (
        "knows no STACKWISE_KAFKA_SERVERS",
        lambda m: settings(m).update(STACKWISE_KAFKA_SERVERS="a:1"),
    ),
    (
        "does not read STACKWISE_POSTGRES_URL_FILE",
        lambda m: process(m, "StatefulSet", "recommender-worker")["env"].append(
            {"name": "STACKWISE_POSTGRES_URL_FILE", "value": "/x"}
        ),
    ),
    ("listens on", lambda m: settings(m).update(STACKWISE_PORT="8000")),
    ("listens on loopback", lambda m: settings(m).pop("STACKWISE_HOST")),
    ("is no Service", lambda m: settings(m).update(STACKWISE_PROFILE_URL="http://profile:8080")),
    ("stopped before it is forgotten", lambda m: process(m).pop("lifecycle")),
    ("is killed before", lambda m: spec(m).update(terminationGracePeriodSeconds=30)),
]


def check(change: Change, word: str, gate: Callable[[Manifests], list[str]]) -> None:
    """The gate is content with staging, and names the change."""
    manifests = rendered("staging")
    assert not [said for said in gate(manifests) if word in said]
    change(manifests)
    assert [said for said in gate(manifests) if word in said], gate(manifests)


@pytest.mark.parametrize(("word", "change"), PODS, ids=[word for word, _ in PODS])
def test_pods(word: str, change: Change) -> None:
    """A pod that lacks a protection is named."""
    check(change, word, pods.problems)


@pytest.mark.parametrize(("word", "change"), REFERENCES, ids=[word for word, _ in REFERENCES])
def test_references(word: str, change: Change) -> None:
    """A reference to nothing is named."""
    check(change, word, lambda manifests: references.problems(manifests, {}))


@pytest.mark.parametrize(("word", "change"), GRAPH, ids=[word for word, _ in GRAPH])
def test_graph(word: str, change: Change, facts: dict[str, Any]) -> None:
    """An edge too few or too many is named."""
    check(change, word, lambda manifests: graph.problems(manifests, facts["edges"]))


@pytest.mark.parametrize(("word", "change"), SCALING, ids=[word for word, _ in SCALING])
def test_scaling(word: str, change: Change, facts: dict[str, Any]) -> None:
    """A scale that breaks an assumption is named."""
    check(change, word, lambda manifests: scaling.problems(manifests, facts["partitions"]))


@pytest.mark.parametrize(("word", "change"), CODE, ids=[word for word, _ in CODE])
def test_code(word: str, change: Change, facts: dict[str, Any]) -> None:
    """A setting that the code does not share is named."""
    check(change, word, lambda manifests: code.problems(manifests, facts))


def test_the_code_refuses_what_it_cannot_read() -> None:
    """A missing, a wrong and a misspelt value are complained of by the code itself, as is a wrong command."""
    manifests = rendered("staging")
    settings(manifests).pop("STACKWISE_KAFKA_BOOTSTRAP")
    settings(manifests)["STACKWISE_LOG_LEVEL"] = "loud"
    process(manifests).update(args=["serve"])
    said = "\n".join(ask({"broken": manifests})["complaints"]["broken"])
    for word in ("kafka_bootstrap", "log_level", "has no serve"):
        assert word in said


KEDA = {"kind": "ScaledObject", "name": "recommender-worker"}
CUSTOM: list[tuple[str, Change]] = [
    ("no definition", lambda m: named(m, **KEDA).update(apiVersion="keda.sh/v2")),
    ("maxReplicas", lambda m: named(m, **KEDA)["spec"].update(maxReplicas=3)),
    ("less than or equal", lambda m: named(m, **KEDA)["spec"].update(minReplicaCount=20)),
    (
        "'partitions'",
        lambda m: named(m, "KafkaTopic", "catalog.skill.v1")["spec"].update({"'partitions'": 1}),
    ),
    (
        "is not of type",
        lambda m: named(m, "KafkaTopic", "catalog.skill.v1")["spec"].update(partitions="one"),
    ),
    ("roles", lambda m: named(m, "KafkaNodePool", "brokers")["spec"].pop("roles")),
    (
        "not one of",
        lambda m: named(m, "Gateway", "stackwise")["spec"]["listeners"][0]["tls"].update(
            mode="Tls"
        ),
    ),
]


@pytest.mark.skipif(not custom.SCHEMAS.exists(), reason=f"no definitions in {custom.SCHEMAS}")
@pytest.mark.parametrize(("word", "change"), CUSTOM, ids=[word for word, _ in CUSTOM])
def test_custom(word: str, change: Change) -> None:
    """A custom resource that its operator would refuse, or ignore in part, is named."""
    manifests = rendered("staging")
    change(manifests)
    assert [said for said in custom.problems(manifests) if word in said]


@pytest.mark.parametrize("version", native.VERSIONS)
def test_native(version: str) -> None:
    """A field that Kubernetes does not know, and a kind that it does not have, are refused."""
    one = named(rendered("staging"), "Service", "profile-api")
    assert native.problems([one], version) == []
    assert native.problems([{**one, "spec": {**one["spec"], "port": 1}}], version)
    assert native.problems([{**one, "kind": "Servise"}], version)


def test_rendering_fails_aloud(tmp_path: Any) -> None:
    """A manifest that is not there is an error."""
    from tests.deploy.rendering import kustomize

    (tmp_path / "kustomization.yaml").write_text("resources: [missing.yaml]\n")
    with pytest.raises(subprocess.CalledProcessError):
        subprocess.run([*kustomize(), str(tmp_path)], check=True, capture_output=True)
