"""The composition is told what the code reads, and the script draws every secret that it names."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

from tests.deploy.conftest import ask_of
from tests.deploy.rendering import ROOT

COMPOSE = ROOT / "deploy" / "compose"
ONE_SHOT = {"topics": "kafka-topics"}


def composed() -> dict[str, Any]:
    """The file as Docker reads it."""
    made: dict[str, Any] = yaml.safe_load((COMPOSE / "compose.yaml").read_text())
    return made


def drawn(folder: Path) -> Path:
    """The secrets that `up` draws, without Docker."""
    (folder / "bin").mkdir()
    docker = folder / "bin" / "docker"
    docker.write_text("#!/bin/sh\nexit 0\n")
    docker.chmod(0o755)
    shutil.copy(COMPOSE / "up", folder / "up")
    path = {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    subprocess.run([str(folder / "up")], check=True, env=path)
    return folder / "secrets"


def test_every_secret_is_drawn(tmp_path: Path) -> None:
    """Each secret file that the composition names exists after the first start, and stays the same."""
    folder = drawn(tmp_path)
    named = {Path(secret["file"]).name for secret in composed()["secrets"].values()}
    assert {path.name for path in folder.iterdir()} == named
    before = (folder / "pepper").read_text()
    path = {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}
    subprocess.run([str(tmp_path / "up")], check=True, env=path)
    assert (folder / "pepper").read_text() == before


def test_the_code_reads_what_it_is_told(tmp_path: Path) -> None:
    """Every process accepts its settings with the secrets that were drawn, and its command exists."""
    folder = drawn(tmp_path)
    processes = {
        ONE_SHOT.get(name, name): {
            "variables": service["environment"],
            "files": {f"/run/secrets/{s}": [s, "value"] for s in service.get("secrets", ())},
            "command": service.get("entrypoint"),
            "args": service["command"],
            "image": service["image"],
        }
        for name, service in composed()["services"].items()
        if service["image"].startswith("stackwise/") and "command" in service
    }
    assert len(processes) == 10
    secrets = {path.name: {"value": path.read_text()} for path in folder.iterdir()}
    assert (
        ask_of({"compose": {"processes": processes, "secrets": secrets}})["complaints"]["compose"]
        == []
    )
