"""The composition is told what the code reads, and the script draws every secret that it names."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.conftest import ask_of
from tests.deploy.rendering import ROOT

COMPOSE = ROOT / "deploy" / "compose"
ONE_SHOT = {"topics": "kafka-topics"}
SCRIPTS = {"canary-key"}
MADE_INSIDE = {"/canary/key": ["pepper", "value"]}


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
            "files": {f"/run/secrets/{s}": [s, "value"] for s in service.get("secrets", ())}
            | MADE_INSIDE,
            "command": service.get("entrypoint"),
            "args": service["command"],
            "image": service["image"],
        }
        for name, service in composed()["services"].items()
        if service["image"].startswith("stackwise/")
        and "command" in service
        and name not in SCRIPTS
    }
    assert len(processes) == 11
    secrets = {path.name: {"value": path.read_text()} for path in folder.iterdir()}
    assert (
        ask_of({"compose": {"processes": processes, "secrets": secrets}})["complaints"]["compose"]
        == []
    )


def test_prometheus_loads_the_rules_and_scrapes_every_process() -> None:
    """The rule files stand where it looks, and each process that listens is among its targets."""
    services = composed()["services"]
    told = yaml.safe_load((COMPOSE / "prometheus.yml").read_text())
    mounts = dict(each.split(":")[1::-1] for each in services["prometheus"]["volumes"])
    for pattern in told["rule_files"]:
        folder, _, names = pattern.rpartition("/")
        assert sorted(path.name for path in (COMPOSE / mounts[folder]).glob(names)) == [
            "objectives.yaml",
            "processes.yaml",
        ]
    (targets,) = told["scrape_configs"][0]["dns_sd_configs"]
    listening = ("api", "worker", "trainer", "canary")
    assert set(targets["names"]) == {name for name in services if name.endswith(listening)}


def test_grafana_finds_the_dashboards() -> None:
    """The folder that its provider names is the one with the dashboards."""
    (provider,) = yaml.safe_load((COMPOSE / "dashboards.yml").read_text())["providers"]
    mounts = dict(each.split(":")[1::-1] for each in composed()["services"]["grafana"]["volumes"])
    assert list((COMPOSE / mounts[provider["options"]["path"]]).glob("*.json"))


@pytest.mark.skipif(not shutil.which("promtool"), reason="needs promtool (.ci/run installs it)")
def test_prometheus_takes_its_configuration() -> None:
    """promtool finds nothing wrong with it; the rules are looked at elsewhere."""
    config = str(COMPOSE / "prometheus.yml")
    subprocess.run(["promtool", "check", "config", "--syntax-only", config], check=True)


def test_the_canarys_key_is_made_once(tmp_path: Path) -> None:
    """The script keeps the secret key of the partner that it makes; with a key there it makes none."""
    (script,) = composed()["services"]["canary-key"]["command"]
    python = tmp_path / "python"
    made = '{"secret_key": "sk_1"}'
    python.write_text(
        f'#!/bin/sh\n[ "$1" = -m ] && echo \'{made}\' && exit\nexec {sys.executable} "$@"\n'
    )
    python.chmod(0o755)
    key = tmp_path / "key"
    command = ["/bin/sh", "-ec", script.replace("/canary/", f"{tmp_path}/")]
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    subprocess.run(command, check=True, env=path)
    assert key.read_text() == "sk_1\n"
    key.write_text("sk_0")
    subprocess.run(command, check=True, env=path)
    assert key.read_text() == "sk_0"
