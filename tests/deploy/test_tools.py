"""The linters of the trade have nothing to say that is not answered here."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.rendering import OVERLAYS, ROOT, text

BIN = Path(sys.executable).parent
DOCKERFILE = ROOT / "deploy" / "docker" / "Dockerfile"
MONITORING = ROOT / "deploy" / "monitoring"
# Why each of these is not followed.
ANSWERED = {
    "CKV_K8S_11": "no CPU limit: throttling costs the objective of 200 ms, requests share the node fairly",
    "CKV_K8S_15": "IfNotPresent: tags are never moved and a release pins digests",
    "CKV_K8S_43": "digests are set by the release, never invented",
}


def checkov(folder: Path) -> subprocess.CompletedProcess[str]:
    """checkov's answer about every manifest of a folder."""
    command = [
        str(BIN / "checkov"),
        "--framework",
        "kubernetes",
        "--skip-download",
        "--compact",
        "--quiet",
    ]
    command += ["--skip-check", ",".join(ANSWERED), "--directory", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def test_checkov(tmp_path: Path) -> None:
    """No check of checkov's fails on any overlay, but for those that are answered."""
    for overlay in OVERLAYS:
        (tmp_path / f"{overlay}.yaml").write_text(text(overlay))
    done = checkov(tmp_path)
    assert done.returncode == 0, done.stdout


def test_checkov_looks(tmp_path: Path) -> None:
    """A pod that can write to its root is found."""
    (tmp_path / "broken.yaml").write_text(
        text("prod").replace("readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false")
    )
    assert "CKV_K8S_22" in checkov(tmp_path).stdout


def hadolint(path: Path) -> subprocess.CompletedProcess[str]:
    """hadolint's answer about a Dockerfile."""
    return subprocess.run(
        [str(BIN / "hadolint"), str(path)], capture_output=True, text=True, check=False
    )


def test_hadolint(tmp_path: Path) -> None:
    """The Dockerfile has nothing that hadolint knows better, and hadolint looks."""
    assert hadolint(DOCKERFILE).stdout == ""
    broken = tmp_path / "Dockerfile"
    broken.write_text(DOCKERFILE.read_text().replace("USER 10001:10001", "USER root"))
    assert "DL3002" in hadolint(broken).stdout


@pytest.mark.skipif(not shutil.which("promtool"), reason="needs promtool (.ci/run installs it)")
@pytest.mark.skipif(not MONITORING.exists(), reason="no deploy/monitoring")
def test_promtool() -> None:
    """Every rule file is sound, and every rule test passes."""
    rules = sorted(map(str, (MONITORING / "rules").glob("*.y*ml")))
    assert rules
    subprocess.run(["promtool", "check", "rules", *rules], check=True)
    if tests := sorted(map(str, (MONITORING / "tests").glob("*.y*ml"))):
        subprocess.run(["promtool", "test", "rules", *tests], check=True)
