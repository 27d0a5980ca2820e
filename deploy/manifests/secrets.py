"""The secrets of an installation without a secret store: drawn at random, never committed."""

import hashlib
import secrets
from typing import Any

DATABASES = ("catalog", "profile", "gateway")
POSTGRES_HOST = "stackwise-postgres-rw"
VALKEY_HOST = "stackwise-valkey"


def drawn(namespace: str) -> list[dict[str, Any]]:
    """Every Secret that no operator makes by itself."""
    valkey = secrets.token_urlsafe(32)
    digest = hashlib.sha256(valkey.encode()).hexdigest()
    return [
        *(_database(namespace, name) for name in DATABASES),
        _secret(namespace, "stackwise-pepper", {"pepper": secrets.token_urlsafe(32)}),
        _secret(
            namespace,
            "stackwise-redis",
            {
                "url": f"redis://:{valkey}@{VALKEY_HOST}:6379/0",
                "users.acl": f"user default on #{digest} ~* &* +@all",
            },
        ),
    ]


def _database(namespace: str, name: str) -> dict[str, Any]:
    password = secrets.token_urlsafe(32)
    url = f"postgresql+asyncpg://{name}:{password}@{POSTGRES_HOST}:5432/{name}?ssl=verify-full"
    values = {"username": name, "password": password, "url": url}
    return _secret(namespace, f"{name}-postgres", values, "kubernetes.io/basic-auth")


def _secret(
    namespace: str, name: str, values: dict[str, str], kind: str = "Opaque"
) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "type": kind,
        "stringData": values,
    }
