"""How many of each there may be."""

from tests.deploy.rendering import Manifests, label, named, of_kind, pod


def problems(manifests: Manifests, partitions: int) -> list[str]:
    """No scaler goes beyond the partitions, workers are not scaled by CPU, the trainer is one."""
    found = []
    for one in of_kind(manifests, "HorizontalPodAutoscaler"):
        spec = one["spec"]
        if spec["maxReplicas"] > partitions:
            found.append(f"{label(one)} goes beyond {partitions} partitions")
        if spec["scaleTargetRef"]["name"] != "gateway-api":
            found.append(
                f"{label(one)} scales {spec['scaleTargetRef']['name']}: each step would be a rebalance"
            )
        if "replicas" in named(manifests, "Deployment", "gateway-api")["spec"]:
            found.append("gateway-api sets replicas, which its scaler decides")
    found += [
        f"{label(one)} goes beyond {partitions} partitions"
        for one in of_kind(manifests, "ScaledObject")
        if one["spec"].get("maxReplicaCount", 100) > partitions
    ]
    if not of_kind(manifests, "HorizontalPodAutoscaler"):
        found.append("nothing scales the gateway")
    worker = named(manifests, "StatefulSet", "recommender-worker")
    if worker["spec"].get("replicas", 1) > partitions:
        found.append(f"more workers than {partitions} partitions")
    if not _static(worker):
        found.append("the workers' membership is not static")
    trainer = named(manifests, "Deployment", "recommender-trainer")["spec"]
    if (trainer.get("replicas"), trainer["strategy"]["type"]) != (1, "Recreate"):
        found.append("the trainer is not one, recreated")
    return found


def _static(worker: dict) -> bool:
    (process,) = pod(worker)["spec"]["containers"]
    variables = {
        v["name"]: v.get("valueFrom", {}).get("fieldRef", {}).get("fieldPath")
        for v in process["env"]
    }
    return variables.get("STACKWISE_WORKER_INSTANCE") == "metadata.name"
