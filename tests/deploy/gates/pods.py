"""What every pod of ours must be (design: operations)."""

from collections.abc import Iterator
from typing import Any

from tests.deploy.rendering import WORKLOADS, Manifest, Manifests, container, label, of_kind, pod

PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


def problems(manifests: Manifests) -> list[str]:
    """What is missing of the hardening, the sizes and the probes."""
    found = [
        f"{label(one)}: {wrong}"
        for one in of_kind(manifests, *WORKLOADS)
        for wrong in [*_of_pod(one), *_of_container(container(one))]
    ]
    found += [
        f"{label(one)}: {wrong}"
        for one in of_kind(manifests, "Deployment", "StatefulSet")
        for wrong in _of_rollout(one, manifests)
    ]
    return found + _of_namespace(manifests)


def _of_pod(one: Manifest) -> Iterator[str]:
    spec = pod(one)["spec"]
    security = spec.get("securityContext", {})
    if spec.get("serviceAccountName") != one["metadata"]["name"]:
        yield "has no ServiceAccount of its own"
    if spec.get("automountServiceAccountToken") is not False:
        yield "mounts a token"
    if security.get("runAsNonRoot") is not True or security.get("runAsUser", 0) < 10_000:
        yield "runs as a user below 10000"
    if security.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield "has no seccomp profile"
    for volume in spec.get("volumes", ()):
        if "emptyDir" in volume and not volume["emptyDir"].get("sizeLimit"):
            yield f"volume {volume['name']} has no size"


def _of_container(one: Manifest) -> Iterator[str]:
    security = one.get("securityContext", {})
    if security.get("capabilities", {}).get("drop") != ["ALL"]:
        yield "keeps capabilities"
    if security.get("allowPrivilegeEscalation") is not False:
        yield "may escalate"
    if security.get("readOnlyRootFilesystem") is not True:
        yield "can write to its root"
    requests = one.get("resources", {}).get("requests", {})
    limits = one.get("resources", {}).get("limits", {})
    for resource in ("cpu", "memory", "ephemeral-storage"):
        if resource not in requests:
            yield f"requests no {resource}"
    if limits.get("memory") != requests.get("memory"):
        yield "has a memory limit that is not its request"
    for variable in one.get("env", ()):
        if "valueFrom" in variable and "secretKeyRef" in variable["valueFrom"]:
            yield f"{variable['name']} is a secret in the environment"


def _of_rollout(one: Manifest, manifests: Manifests) -> Iterator[str]:
    spec, process = one["spec"], container(one)
    if not ours(one):
        return
    probes = [process.get(name) for name in PROBES]
    if not all(probes) or any(a == b for i, a in enumerate(probes) for b in probes[:i]):
        yield "startup, readiness and liveness are not three probes"
    if (
        _path(process, "livenessProbe") != "/health/live"
        or _path(process, "readinessProbe") != "/health/ready"
    ):
        yield "liveness is not /health/live or readiness not /health/ready"
    budgets = [
        b
        for b in of_kind(manifests, "PodDisruptionBudget")
        if b["metadata"]["name"] == one["metadata"]["name"]
    ]
    if not budgets or budgets[0]["spec"].get("unhealthyPodEvictionPolicy") != "AlwaysAllow":
        yield "has no PodDisruptionBudget that lets unhealthy pods be evicted"
    if spec.get("replicas") == 1 and spec.get("strategy", {}).get("type") == "Recreate":
        return
    if (
        one["kind"] == "Deployment"
        and spec["strategy"].get("rollingUpdate", {}).get("maxUnavailable") != 0
    ):
        yield "a rollout takes pods away before others are there"
    spread = {s["topologyKey"] for s in pod(one)["spec"].get("topologySpreadConstraints", ())}
    if spread != {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}:
        yield "is not spread by zone and host"


def _of_namespace(manifests: Manifests) -> Iterator[str] | list[str]:
    (namespace,) = of_kind(manifests, "Namespace")
    enforced = namespace["metadata"].get("labels", {}).get("pod-security.kubernetes.io/enforce")
    found = [] if enforced == "restricted" else ["the namespace does not enforce `restricted`"]
    found += [
        f"no {kind}" for kind in ("ResourceQuota", "LimitRange") if not of_kind(manifests, kind)
    ]
    return found + [
        f"{label(one)} is not in the namespace"
        for one in manifests
        if one["kind"] != "Namespace"
        and one["metadata"].get("namespace") != namespace["metadata"]["name"]
    ]


def ours(one: Manifest) -> bool:
    """Whether a workload runs one of Stackwise's processes that listen."""
    return pod(one)["metadata"]["labels"].get("stackwise.io/kind") == "process"


def _path(process: dict[str, Any], probe: str) -> str | None:
    path: str | None = process.get(probe, {}).get("httpGet", {}).get("path")
    return path
