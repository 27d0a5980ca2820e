"""What the code says of itself, for the gates: `python -m tests.deploy.facts` in the project's own environment.

Reads what the processes of each overlay are told, as JSON, and has the code itself read those settings.
"""

import contextlib
import importlib
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from deploy.manifests import __main__ as manifests
from deploy.manifests.secrets import drawn
from deploy.monitoring import __main__ as monitoring
from libs.common.contracts.topics import INTERACTION, TOPICS
from libs.common.kafka.broker import STOP_SECONDS
from libs.common.settings import (
    KafkaSettings,
    PostgresSettings,
    ProcessSettings,
    RedisSettings,
    variable,
)
from services.catalog import settings as catalog
from services.gateway import settings as gateway
from services.profile import settings as profile
from services.recommender import settings as recommender
from services.recommender.trainer import settings as trainer
from services.recommender.worker.app import GROUP, LAST_READ_SECONDS
from tests.deploy.imports import distributions

SETTINGS: dict[str, type[ProcessSettings]] = {
    "catalog-api": catalog.Settings,
    "catalog-migrate": catalog.StoreSettings,
    "profile-api": profile.ApiSettings,
    "profile-migrate": profile.StoreSettings,
    "recommender-api": recommender.ApiSettings,
    "recommender-worker": recommender.WorkerSettings,
    "recommender-trainer": trainer.Settings,
    "gateway-api": gateway.ApiSettings,
    "gateway-canary": gateway.CanarySettings,
    "gateway-migrate": gateway.StoreSettings,
    "kafka-topics": KafkaSettings,
    "operator-shell": KafkaSettings,
}
_PARTS = {"kafka": KafkaSettings, "postgres": PostgresSettings, "redis": RedisSettings}


def facts() -> dict[str, Any]:
    """Settings by process, edges, partitions, times."""
    return {
        "settings": {
            name: [variable(field) for field in cls.model_fields] for name, cls in SETTINGS.items()
        },
        "edges": {name: _edges(name, cls) for name, cls in SETTINGS.items()},
        "partitions": INTERACTION.partitions,
        "topics": sorted(name for topic in TOPICS for name in (topic.name, topic.dead_letters)),
        "group": GROUP,
        "imports": {
            name: distributions(name) for name in ("catalog", "profile", "recommender", "gateway")
        },
        "leaving_seconds": {
            name: STOP_SECONDS + (LAST_READ_SECONDS if name == "recommender-worker" else 0)
            for name in SETTINGS
        },
        "stale": _stale(),
        "drawn": {
            secret["metadata"]["name"]: secret["stringData"] for secret in drawn("stackwise")
        },
    }


def _stale() -> list[str]:
    """The committed files that are not what the code makes."""
    generated = {**manifests.made(), **monitoring.made()}
    return [
        str(path)
        for path, text in generated.items()
        if not path.exists() or path.read_text() != text
    ]


def _edges(name: str, cls: type[ProcessSettings]) -> list[str]:
    """What its settings have it talk to; models by https where their store is remote, partners' key sets and issuers'
    status lists always."""
    to = [part for part, needs in _PARTS.items() if issubclass(cls, needs)]
    to += [
        f"{service}-api"
        for service in ("catalog", "profile", "recommender", "gateway")
        if f"{service}_url" in cls.model_fields
    ]
    if issubclass(cls, (recommender.ApiSettings, trainer.Settings)):
        to.append("models")
    return [*to, "https"] if issubclass(cls, gateway.ApiSettings | profile.BadgeSettings) else to


def complaints(told: dict[str, Any], secrets: dict[str, dict[str, str]]) -> list[str]:
    """What the code says of the settings it would be started with, and of its command."""
    found = []
    for name, given in told.items():
        found += [
            f"{name}: {problem}"
            for problem in (*_command(name, given), *_read(SETTINGS[name], given, secrets))
        ]
    return found


def _read(
    cls: type[ProcessSettings], given: dict[str, Any], secrets: dict[str, dict[str, str]]
) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        paths = {}
        for number, (path, (name, key)) in enumerate(given["files"].items()):
            file = Path(folder) / str(number)
            file.write_text(secrets.get(name, {}).get(key, "made-by-an-operator"))
            paths[path] = str(file)
        os.environ.update({k: paths.get(v, v) for k, v in given["variables"].items()})
        try:
            cls()
        except (ValidationError, ValueError) as wrong:
            return [str(wrong)]
        finally:
            for key in given["variables"]:
                os.environ.pop(key, None)
    return []


def _command(name: str, given: dict[str, Any]) -> list[str]:
    if given["command"] == ["sleep"]:
        return []
    service = given["image"].split("/")[-1].split(":")[0].split("@")[0]
    module = given["command"][-1] if given["command"] else f"services.{service}"
    with contextlib.suppress(ImportError):
        program = importlib.import_module(f"{module}.__main__")
        cli = getattr(program, "cli", None) or program.app
        names = {c.name or c.callback.__name__ for c in cli.registered_commands}
        return (
            [] if given["args"][0] in names else [f"`python -m {module}` has no {given['args'][0]}"]
        )
    return [f"there is no {module}"]


if __name__ == "__main__":
    told = json.load(sys.stdin)
    known = facts()
    answer = {
        overlay: complaints(one["processes"], known["drawn"] | one["secrets"])
        for overlay, one in told.items()
    }
    json.dump({**known, "complaints": answer}, sys.stdout)
