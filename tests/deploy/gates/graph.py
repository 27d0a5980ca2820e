"""Who may talk to whom: the network policies, evaluated, are the edges that the processes' settings have."""

from collections.abc import Iterator
from typing import Any

from tests.deploy.rendering import WORKLOADS, Manifest, Manifests, of_kind, pod

HTTP, METRICS = 8080, 9090
Labels = dict[str, str]
Edge = tuple[str, str]


def problems(manifests: Manifests, needed: dict[str, list[str]]) -> list[str]:
    """`needed`: by process, what the code talks to (facts.py). Missing and superfluous edges."""
    processes = _processes(manifests)
    store = _model_store(manifests)
    meant = {"models": "https" if "://" in store else None}
    expected = {(name, meant.get(to, to)) for name in processes for to in needed[name]}
    expected = {(name, to) for name, to in expected if to is not None}
    allowed = _allowed(manifests, processes)
    return [
        *(f"{a} may not talk to {b}, and has to" for a, b in sorted(expected - allowed)),
        *(f"{a} may talk to {b}, and has no need" for a, b in sorted(allowed - expected)),
        *_denied_by_default(manifests),
        *_from_outside(manifests, processes),
    ]


def _model_store(manifests: Manifests) -> str:
    (settings,) = [
        c for c in of_kind(manifests, "ConfigMap") if "STACKWISE_MODEL_STORE" in c["data"]
    ]
    store: str = settings["data"]["STACKWISE_MODEL_STORE"]
    return store


def _processes(manifests: Manifests) -> dict[str, Labels]:
    found = of_kind(manifests, *WORKLOADS)
    return {
        one["metadata"]["name"]: pod(one)["metadata"]["labels"]
        for one in found
        if "stackwise.io/kind" in pod(one)["metadata"]["labels"]
    }


def _places(manifests: Manifests, processes: dict[str, Labels]) -> dict[str, tuple[Labels, int]]:
    """What can be talked to inside the namespace: labels of its pods and its port."""
    places = {name: (labels, HTTP) for name, labels in processes.items()}
    for one in of_kind(manifests, "Kafka"):
        places["kafka"] = ({"strimzi.io/cluster": one["metadata"]["name"]}, 9093)
    for one in of_kind(manifests, "Cluster"):
        places["postgres"] = ({"cnpg.io/cluster": one["metadata"]["name"]}, 5432)
    for one in of_kind(manifests, "StatefulSet"):
        if one["metadata"]["name"] == "stackwise-valkey":
            places["redis"] = (pod(one)["metadata"]["labels"], 6379)
    return places


# What stands outside is reached by address and port.
_OUTSIDE = {"kafka": 9093, "postgres": 5432, "redis": 6379}


def _allowed(manifests: Manifests, processes: dict[str, Labels]) -> set[Edge]:
    policies = of_kind(manifests, "NetworkPolicy")
    places = _places(manifests, processes)
    edges = set()
    for source, labels in processes.items():
        for place, (target, port) in places.items():
            ports = {port, METRICS} if place in processes else {port}
            for each in ports:
                if _passes(policies, "egress", labels, target, each) and _passes(
                    policies, "ingress", target, labels, each
                ):
                    edges.add((source, place if each == port else f"{place}'s metrics"))
        for place, port in _OUTSIDE.items():
            if place not in places and _passes(policies, "egress", labels, None, port):
                edges.add((source, place))
        if _passes(policies, "egress", labels, None, 443):
            edges.add((source, "https"))
    return edges


def _passes(policies: Manifests, way: str, mine: Labels, other: Labels | None, port: int) -> bool:
    """Whether any policy of the pods lets it through; `other` None is an address outside."""
    return any(
        _matches(policy["spec"]["podSelector"], mine)
        and way.capitalize() in policy["spec"]["policyTypes"]
        and any(_lets(rule, way, other, port) for rule in policy["spec"].get(way, ()))
        for policy in policies
    )


def _lets(rule: Manifest, way: str, other: Labels | None, port: int) -> bool:
    ports = [one["port"] for one in rule.get("ports", ())]
    if ports and port not in ports:
        return False
    peers = rule.get("to" if way == "egress" else "from")
    return peers is None or any(_is_peer(peer, other) for peer in peers)


def _is_peer(peer: Manifest, other: Labels | None) -> bool:
    if other is None:
        return "ipBlock" in peer
    return (
        "podSelector" in peer
        and "namespaceSelector" not in peer
        and _matches(peer["podSelector"], other)
    )


def _matches(selector: dict[str, Any], labels: Labels) -> bool:
    assert "matchExpressions" not in selector, "matchExpressions are not evaluated here"
    return bool(selector.get("matchLabels", {}).items() <= labels.items())


def _denied_by_default(manifests: Manifests) -> Iterator[str]:
    for policy in of_kind(manifests, "NetworkPolicy"):
        spec = policy["spec"]
        if (
            spec["podSelector"] == {}
            and set(spec["policyTypes"]) == {"Ingress", "Egress"}
            and not spec.get("ingress")
            and not spec.get("egress")
        ):
            return
    yield "nothing denies what no policy allows"


def _from_outside(manifests: Manifests, processes: dict[str, Labels]) -> Iterator[str]:
    """From other namespaces: requests to the gateway, and the monitoring's to the metrics."""
    for policy in of_kind(manifests, "NetworkPolicy"):
        spec = policy["spec"]
        for name, labels in processes.items():
            if not _matches(spec["podSelector"], labels):
                continue
            for rule in spec.get("ingress", ()):
                ports = {one["port"] for one in rule.get("ports", ())}
                outside = "from" not in rule or any(
                    "podSelector" not in peer for peer in rule["from"]
                )
                if (
                    outside
                    and ports != {METRICS}
                    and not (name == "gateway-api" and ports == {HTTP})
                ):
                    yield f"{name} is open to other namespaces on {sorted(ports)}"
