"""Kubernetes' own kinds against its schemas, unknown fields rejected."""

import kubernetes_validate

from tests.deploy.rendering import Manifests, label

# The oldest and the newest version that deploy/README.md names.
VERSIONS = ("1.32", "1.37")
GROUPS = {"", "apps", "batch", "policy", "autoscaling", "networking.k8s.io"}


def is_native(manifest: dict) -> bool:
    """Whether the kind is Kubernetes' own; all others need a schema of their own."""
    group, _, version = manifest["apiVersion"].rpartition("/")
    return group in GROUPS and bool(version)


def problems(manifests: Manifests, version: str) -> list[str]:
    """What `kubernetes-validate --strict` refuses; a kind that it does not know is refused too."""
    found = []
    for manifest in filter(is_native, manifests):
        try:
            kubernetes_validate.validate(manifest, version, strict=True)
        except (
            kubernetes_validate.ValidationError,
            kubernetes_validate.SchemaNotFoundError,
        ) as refused:
            found.append(f"{label(manifest)} at {version}: {refused}")
    return found
