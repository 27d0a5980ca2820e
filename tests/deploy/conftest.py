"""The code's own word, asked once: the gates run in an environment of their own."""

import json
import os
import subprocess
from typing import Any

import pytest

from tests.deploy.gates.code import processes
from tests.deploy.rendering import OVERLAYS, ROOT, Manifests, of_kind, rendered

PROJECT_PYTHON = str(ROOT / ".venv" / "bin" / "python")


@pytest.fixture(scope="session")
def facts() -> dict[str, Any]:
    """What the code says of itself, and of every overlay's settings."""
    return ask({overlay: rendered(overlay) for overlay in OVERLAYS})


def ask(overlays: dict[str, Manifests]) -> dict[str, Any]:
    """facts.py's answer about these manifests."""
    told = {
        name: {"processes": processes(manifests), "secrets": templates(manifests)}
        for name, manifests in overlays.items()
    }
    return ask_of(told)


def ask_of(told: dict[str, Any]) -> dict[str, Any]:
    """The same about what processes are told by other means."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("STACKWISE_")}
    done = subprocess.run(
        [PROJECT_PYTHON, "-m", "tests.deploy.facts"],
        input=json.dumps(told),
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def templates(manifests: Manifests) -> dict[str, dict[str, str]]:
    """The secrets that the overlay's secret store would write, each value at least as long as drawn ones."""
    value = "v" * 32
    made: dict[str, dict[str, str]] = {}
    for one in of_kind(manifests, "ExternalSecret"):
        template = one["spec"]["target"].get("template", {}).get("data", {})
        made[one["metadata"]["name"]] = {k: _filled(v, value) for k, v in template.items()} or {
            entry["secretKey"]: value for entry in one["spec"]["data"]
        }
    return made


def _filled(template: str, value: str) -> str:
    head, *rest = template.split("{{")
    return head + "".join(value + part.split("}}", 1)[1] for part in rest)
