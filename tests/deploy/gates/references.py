"""What manifests say of each other: selectors, ports, configuration, secrets, backends."""

from collections.abc import Iterator
from typing import Any

from tests.deploy.rendering import WORKLOADS, Manifest, Manifests, container, label, of_kind, pod

# Made outside: the certificate of the public name.
BROUGHT = {("stackwise-tls", "tls.crt")}


def problems(manifests: Manifests, drawn: dict[tuple[str, str], str]) -> list[str]:
    """References to nothing; `drawn` holds the secrets that `deploy.manifests secrets` makes, where nothing else does."""
    has_store = bool(of_kind(manifests, "ExternalSecret"))
    secrets = provided(manifests) | (set() if has_store else set(drawn))
    return [
        *_selectors(manifests),
        *_ports(manifests),
        *_accounts_and_configuration(manifests),
        *_secrets(manifests, secrets),
        *_targets(manifests),
        *_backends(manifests),
    ]


def provided(manifests: Manifests) -> set[tuple[str, str]]:
    """The (name, key) of every secret that a manifest, or an operator that reads one, makes."""
    made = set(BROUGHT)
    for one in manifests:
        name, spec = one["metadata"]["name"], one.get("spec", {})
        if one["kind"] == "Secret":
            made |= {(name, key) for key in (*one.get("data", ()), *one.get("stringData", ()))}
        if one["kind"] == "ExternalSecret":
            template = spec["target"].get("template", {}).get("data")
            keys = template or [entry["secretKey"] for entry in spec["data"]]
            made |= {(spec["target"]["name"], key) for key in keys}
        if one["kind"] == "KafkaUser":
            made.add((name, "password"))
        if one["kind"] == "Kafka":
            made.add((f"{name}-cluster-ca-cert", "ca.crt"))
        if one["kind"] == "Cluster":
            made.add((f"{name}-ca", "ca.crt"))
    return made


def mounted(spec: Manifest) -> dict[str, list[tuple[str, str, str]]]:
    """By volume, the (secret, key, path) that it shows."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for volume in spec.get("volumes", ()):
        sources = [volume["secret"]] if "secret" in volume else []
        sources += [
            s["secret"] for s in volume.get("projected", {}).get("sources", ()) if "secret" in s
        ]
        found[volume["name"]] = [
            (source.get("secretName") or source["name"], item["key"], item["path"])
            for source in sources
            for item in source["items"]
        ]
    return found


def selected(selector: dict[str, str], manifests: Manifests) -> Manifests:
    """The workloads whose pods carry these labels."""
    return [
        one
        for one in of_kind(manifests, *WORKLOADS)
        if selector.items() <= pod(one)["metadata"]["labels"].items()
    ]


def _selectors(manifests: Manifests) -> Iterator[str]:
    for one in of_kind(manifests, "Deployment", "StatefulSet"):
        if selected(one["spec"]["selector"]["matchLabels"], manifests) != [one]:
            yield f"{label(one)} does not select its own pods only"
    for one in of_kind(manifests, "Service"):
        if len(selected(one["spec"]["selector"], manifests)) != 1:
            yield f"{label(one)} does not select one workload"
    for one in of_kind(manifests, "PodDisruptionBudget"):
        if len(selected(one["spec"]["selector"]["matchLabels"], manifests)) != 1:
            yield f"{label(one)} does not select one workload"
    for one in of_kind(manifests, "PodMonitor", "ServiceMonitor"):
        chosen = selected(one["spec"]["selector"]["matchLabels"], manifests)
        ports = [end["port"] for end in one["spec"]["podMetricsEndpoints"]]
        if not chosen or any(
            port not in _named_ports(container(w)) for w in chosen for port in ports
        ):
            yield f"{label(one)} watches a port that its pods lack"


def _ports(manifests: Manifests) -> Iterator[str]:
    for service in of_kind(manifests, "Service"):
        for workload in selected(service["spec"]["selector"], manifests):
            for port in service["spec"]["ports"]:
                if port["targetPort"] not in _named_ports(container(workload)):
                    yield f"{label(service)} leads to port {port['targetPort']}, which its pods lack"
    for workload in of_kind(manifests, *WORKLOADS):
        process = container(workload)
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            for how in ("httpGet", "tcpSocket"):
                port = process.get(probe, {}).get(how, {}).get("port")
                if port is not None and port not in _named_ports(process):
                    yield f"{label(workload)} probes port {port}, which it lacks"


def _accounts_and_configuration(manifests: Manifests) -> Iterator[str]:
    known = {(one["kind"], one["metadata"]["name"]) for one in manifests}
    for workload in of_kind(manifests, *WORKLOADS):
        spec, process = pod(workload)["spec"], container(workload)
        wanted = [("ServiceAccount", spec.get("serviceAccountName"))]
        wanted += [("ConfigMap", s["configMapRef"]["name"]) for s in process.get("envFrom", ())]
        for volume in spec.get("volumes", ()):
            if "configMap" in volume:
                wanted.append(("ConfigMap", volume["configMap"]["name"]))
            if "persistentVolumeClaim" in volume:
                wanted.append(
                    ("PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"])
                )
        yield from (
            f"{label(workload)} refers to no {kind}/{name}"
            for kind, name in wanted
            if (kind, name) not in known
        )
        volumes = {v["name"] for v in spec.get("volumes", ())} | {
            c["metadata"]["name"] for c in workload["spec"].get("volumeClaimTemplates", ())
        }
        yield from (
            f"{label(workload)} mounts no volume {m['name']}"
            for m in process.get("volumeMounts", ())
            if m["name"] not in volumes
        )


def _secrets(manifests: Manifests, known: set[tuple[str, str]]) -> Iterator[str]:
    for workload in of_kind(manifests, *WORKLOADS):
        for shown in mounted(pod(workload)["spec"]).values():
            yield from (
                f"{label(workload)} needs secret {name}, key {key}, which nobody makes"
                for name, key, _ in shown
                if (name, key) not in known
            )
    for one in of_kind(manifests, "TriggerAuthentication"):
        for ref in one["spec"]["secretTargetRef"]:
            if (ref["name"], ref["key"]) not in known:
                yield f"{label(one)} needs secret {ref['name']}, key {ref['key']}, which nobody makes"
    for one in of_kind(manifests, "Cluster"):
        for role in one["spec"]["managed"]["roles"]:
            if (role["passwordSecret"]["name"], "password") not in known:
                yield f"{label(one)} needs secret {role['passwordSecret']['name']}, which nobody makes"


def _targets(manifests: Manifests) -> Iterator[str]:
    known = {(one["kind"], one["metadata"]["name"]) for one in manifests}
    for one in of_kind(manifests, "HorizontalPodAutoscaler", "ScaledObject"):
        target = one["spec"]["scaleTargetRef"]
        if (target["kind"], target["name"]) not in known:
            yield f"{label(one)} scales nothing"


def _backends(manifests: Manifests) -> Iterator[str]:
    ports: dict[str, set[Any]] = {
        s["metadata"]["name"]: {v for p in s["spec"]["ports"] for v in (p["port"], p["name"])}
        for s in of_kind(manifests, "Service")
    }
    for one in of_kind(manifests, "HTTPRoute"):
        for ref in (ref for rule in one["spec"]["rules"] for ref in rule["backendRefs"]):
            if ref["port"] not in ports.get(ref["name"], ()):
                yield f"{label(one)} leads to no Service {ref['name']}:{ref['port']}"
    for one in of_kind(manifests, "Ingress"):
        for path in (path for rule in one["spec"]["rules"] for path in rule["http"]["paths"]):
            service = path["backend"]["service"]
            if not set(service["port"].values()) & ports.get(service["name"], set()):
                yield f"{label(one)} leads to no Service {service['name']}"


def _named_ports(process: Manifest) -> set[Any]:
    return {
        value
        for port in process.get("ports", ())
        for value in (port["name"], port["containerPort"])
    }
