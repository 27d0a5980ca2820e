"""The manifests against the code: commands, settings as each process reads them, ports, time to leave."""

from collections.abc import Iterator
from typing import Any

from tests.deploy.gates.pods import ours
from tests.deploy.gates.references import mounted
from tests.deploy.rendering import (
    WORKLOADS,
    Manifest,
    Manifests,
    container,
    label,
    named,
    of_kind,
    pod,
)

PREFIX = "STACKWISE_"


def told(manifests: Manifests, workload: Manifest) -> dict[str, Any]:
    """What a process is told: its variables, and by path the secret (name, key) that is mounted there."""
    process = container(workload)
    variables: dict[str, str] = {}
    for source in process.get("envFrom", ()):
        variables |= named(manifests, "ConfigMap", source["configMapRef"]["name"])["data"]
    variables |= {
        v["name"]: v.get("value", workload["metadata"]["name"]) for v in process.get("env", ())
    }
    shown = mounted(pod(workload)["spec"])
    files = {
        f"{mount['mountPath']}/{path}": [secret, key]
        for mount in process.get("volumeMounts", ())
        for secret, key, path in shown.get(mount["name"], ())
    }
    return {
        "variables": variables,
        "files": files,
        "command": process.get("command"),
        "args": process["args"],
        "image": process["image"],
    }


def processes(manifests: Manifests) -> dict[str, dict[str, Any]]:
    """By name, what every process of ours is told."""
    return {
        one["metadata"]["name"]: told(manifests, one)
        for one in of_kind(manifests, *WORKLOADS)
        if "stackwise.io/kind" in pod(one)["metadata"]["labels"]
    }


def problems(manifests: Manifests, facts: dict[str, Any]) -> list[str]:
    """`facts`: of facts.py."""
    return [
        *_settings(manifests, facts),
        *_ports(manifests),
        *_leaving(manifests, facts["leaving_seconds"]),
    ]


def _settings(manifests: Manifests, facts: dict[str, Any]) -> Iterator[str]:
    known = {name for names in facts["settings"].values() for name in names}
    for process, given in processes(manifests).items():
        if process not in facts["settings"]:
            yield f"{process} is no process of the code"
            continue
        for variable in given["variables"]:
            plain = variable.removesuffix("_FILE")
            if variable.startswith(PREFIX) and plain not in known:
                yield f"{process}: the code knows no {variable}"
        own = {v["name"] for v in container(_workload(manifests, process)).get("env", ())}
        for variable in sorted(own):
            if (
                variable.startswith(PREFIX)
                and variable.removesuffix("_FILE") not in facts["settings"][process]
            ):
                yield f"{process} does not read {variable}"


def _ports(manifests: Manifests) -> Iterator[str]:
    for one in of_kind(manifests, "Deployment", "StatefulSet"):
        if ours(one):
            variables = told(manifests, one)["variables"]
            ports = {p["name"]: str(p["containerPort"]) for p in container(one)["ports"]}
            expected = {
                "http": variables[f"{PREFIX}PORT"],
                "metrics": variables[f"{PREFIX}METRICS_PORT"],
            }
            if ports != expected:
                yield f"{label(one)} has ports {ports} and listens on {expected}"
            for address in ("HOST", "METRICS_HOST"):
                if variables.get(f"{PREFIX}{address}") != "0.0.0.0":
                    yield f"{label(one)} listens on loopback ({PREFIX}{address})"
            yield from _addresses(manifests, label(one), variables)


def _addresses(manifests: Manifests, name: str, variables: dict[str, str]) -> Iterator[str]:
    """The addresses of our own services are those of Services."""
    for service in ("catalog", "profile", "recommender"):
        url = variables[f"{PREFIX}{service.upper()}_URL"]
        found = [
            s
            for s in of_kind(manifests, "Service")
            if url == f"http://{s['metadata']['name']}:{s['spec']['ports'][0]['port']}"
        ]
        if not found:
            yield f"{name}: {url} is no Service"


def _leaving(manifests: Manifests, seconds: dict[str, float]) -> Iterator[str]:
    for one in of_kind(manifests, "Deployment", "StatefulSet"):
        if not ours(one):
            continue
        sleep = (
            container(one)
            .get("lifecycle", {})
            .get("preStop", {})
            .get("sleep", {})
            .get("seconds", 0)
        )
        if not sleep:
            yield f"{label(one)} is stopped before it is forgotten"
        grace = float(told(manifests, one)["variables"][f"{PREFIX}GRACE_SECONDS"])
        needed = sleep + grace + seconds[one["metadata"]["name"]]
        if pod(one)["spec"]["terminationGracePeriodSeconds"] <= needed:
            yield f"{label(one)} is killed before its {needed:.0f} s to leave are over"


def _workload(manifests: Manifests, name: str) -> Manifest:
    (one,) = [w for w in of_kind(manifests, *WORKLOADS) if w["metadata"]["name"] == name]
    return one
