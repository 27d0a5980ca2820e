"""A process's Deployment as a Job that runs one of its commands: the same image, secrets and network, once."""

import copy
from collections.abc import Sequence
from typing import Any

NAME = "app.kubernetes.io/name"
KIND = "stackwise.io/kind"
SECONDS = 3600
KEPT_SECONDS = 86_400


def job(deployment: dict[str, Any], words: Sequence[str]) -> dict[str, Any]:
    """A Job with a name of its own, given up after an hour. Its pod is no target of the process's Service.

    deployment: as the cluster has it. Raises ValueError for anything else.
    """
    if deployment.get("kind") != "Deployment":
        raise ValueError("what was given is no Deployment")
    template = copy.deepcopy(deployment["spec"]["template"])
    name = f"{deployment['metadata']['name']}-{words[0]}"
    labels = {**template["metadata"]["labels"], NAME: name, KIND: "job"}
    spec = template["spec"] | {"restartPolicy": "OnFailure"}
    spec.pop("topologySpreadConstraints", None)
    (process,) = spec["containers"]
    for of_a_listener in ("ports", "startupProbe", "readinessProbe", "livenessProbe", "lifecycle"):
        process.pop(of_a_listener, None)
    process["args"] = list(words)
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "generateName": f"{name}-",
            "namespace": deployment["metadata"]["namespace"],
            "labels": labels,
        },
        "spec": {
            "backoffLimit": 6,
            "activeDeadlineSeconds": SECONDS,
            "ttlSecondsAfterFinished": KEPT_SECONDS,
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }
