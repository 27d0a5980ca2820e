"""The manifests as a cluster would get them."""

import copy
import functools
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
KUBERNETES = ROOT / "deploy" / "kubernetes"
OVERLAYS = tuple(sorted(folder.name for folder in (KUBERNETES / "overlays").iterdir()))

Manifest = dict[str, Any]
Manifests = list[Manifest]


def rendered(overlay: str) -> Manifests:
    """The manifests of an overlay, to be changed freely."""
    return copy.deepcopy(_rendered(overlay))


@functools.cache
def _rendered(overlay: str) -> Manifests:
    return [one for one in yaml.safe_load_all(text(overlay)) if one]


@functools.cache
def text(overlay: str) -> str:
    """The same as YAML. Raises CalledProcessError, with kustomize's words in its output."""
    command = [*kustomize(), str(KUBERNETES / "overlays" / overlay)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert not done.stderr, done.stderr
    return done.stdout


def kustomize() -> list[str]:
    """The command that renders: STACKWISE_KUSTOMIZE (`make test-deploy` names it), else what is there."""
    if named := os.environ.get("STACKWISE_KUSTOMIZE"):
        return named.split()
    return ["kustomize", "build"] if shutil.which("kustomize") else ["kubectl", "kustomize"]


def named(manifests: Manifests, kind: str, name: str) -> Manifest:
    """One manifest; a KeyError when there is none."""
    for one in manifests:
        if (one["kind"], one["metadata"]["name"]) == (kind, name):
            return one
    raise KeyError(f"{kind}/{name}")


def of_kind(manifests: Manifests, *kinds: str) -> Manifests:
    """The manifests of these kinds."""
    return [one for one in manifests if one["kind"] in kinds]


WORKLOADS = ("Deployment", "StatefulSet", "Job")


def pod(workload: Manifest) -> Manifest:
    """The pod that a workload makes."""
    return workload["spec"]["template"]


def container(workload: Manifest) -> Manifest:
    """The only container of a workload's pods."""
    (only,) = pod(workload)["spec"]["containers"]
    return only


def label(one: Manifest) -> str:
    """How a manifest is called in a complaint."""
    return f"{one['kind']}/{one['metadata']['name']}"
