"""Images hold what their service needs and nothing else, and each process lives in its image as nobody's user."""

import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.conftest import PROJECT_PYTHON
from tests.deploy.images import DOCKER, SERVICES, Buildah, children_of, running
from tests.deploy.rendering import ROOT

PROCESSES = [
    ("catalog", "api"),
    ("profile", "api"),
    ("recommender", "api"),
    ("recommender", "worker"),
    ("recommender", "trainer"),
    ("gateway", "api"),
    ("gateway", "canary"),
]
START_SECONDS = 120
USER = 10001

pytestmark = pytest.mark.skipif(
    not (shutil.which("buildah") and shutil.which("mmdebstrap")),
    reason="needs buildah and mmdebstrap (.ci/run installs them)",
)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder that PostgreSQL's account can enter."""
    made = Path(tempfile.mkdtemp(prefix="stackwise-images-"))
    yield made
    subprocess.run(["umount", *_mounts(made)], check=False, capture_output=True)
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def images(folder: Path) -> Buildah:
    """Every image, two built at a time."""
    buildah = Buildah(folder)
    buildah.base()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(buildah.build, sorted(SERVICES, key=lambda name: name != "recommender")))
    return buildah


@pytest.fixture(scope="module")
def parts(folder: Path, images: Buildah) -> Iterator[dict[str, Any]]:
    """What the processes need around them, with databases that the images themselves have migrated."""
    process = subprocess.Popen(
        [PROJECT_PYTHON, "-m", "tests.deploy.parts", str(folder)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin
    assert process.stdout
    try:
        told = json.loads(process.stdout.readline())
        for service, url in told["databases"].items():
            command = images.command(service, ["migrate"], {"STACKWISE_POSTGRES_URL": url})
            done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
            assert done.returncode == 0, done.stderr
        yield told
    finally:
        process.stdin.close()
        process.wait(timeout=60)


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_holds_its_service_only(images: Buildah, service: str) -> None:
    """The packages are those of its lock, the services its own, and nothing can install or compile."""
    root = images.root(service)
    locked = set(
        re.findall(
            r"^([a-z0-9][a-z0-9.-]*)==",
            (DOCKER / "requirements" / f"{service}.lock").read_text(),
            re.M,
        )
    )
    site = root / "opt/stackwise/venv/lib/python3.11/site-packages"
    installed = {
        re.sub(r"[-_.]+", "-", p.name.split("-")[0]).lower() for p in site.glob("*.dist-info")
    }
    assert installed
    assert installed <= locked
    packages = {p.name for p in (root / "opt/stackwise/app/services").iterdir() if p.is_dir()}
    assert packages - {"__pycache__"} == {service}
    assert sorted(p.name for p in (root / "opt/stackwise/app").iterdir()) == ["libs", "services"]
    tools = [
        name
        for name in ("pip", "pip3", "gcc", "cc", "make")
        for place in ("usr/bin", "usr/local/bin", "opt/stackwise/venv/bin")
        if (root / place / name).exists()
    ]
    assert tools == []


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_says_what_it_is(images: Buildah, service: str) -> None:
    """It names a user that is nobody's and carries the standard labels."""
    said: Any = images.configuration(service)
    assert said["User"] == f"{USER}:{USER}"
    assert said["Labels"]["org.opencontainers.image.title"] == f"stackwise/{service}"
    assert {"version", "revision", "licenses", "description"} <= {
        label.rsplit(".", 1)[1] for label in said["Labels"]
    }


@pytest.mark.parametrize(("service", "process"), PROCESSES)
def test_a_process_lives_in_its_image(
    images: Buildah, parts: dict[str, Any], folder: Path, service: str, process: str
) -> None:
    """It answers /health/live from its image's root, run by the image's user."""
    port = _free_port()
    log = folder / f"{service}-{process}.log"
    with running(
        images.command(service, [process], _variables(parts, service, port)), log
    ) as started:
        _until_alive(port, started, log)
        code = "opt/stackwise/app/services"
        image = images.root(service) / code
        inside = [
            pid for pid in children_of(started.pid) if _same(f"/proc/{pid}/root/{code}", image)
        ]
        assert inside, "no process has the image as its root"
        uids = {
            line.split()[1]
            for pid in inside
            for line in Path(f"/proc/{pid}/status").read_text().splitlines()
            if line.startswith("Uid:")
        }
        assert uids == {str(USER)}


def _same(one: str, other: Path) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


def _mounts(folder: Path) -> list[str]:
    """What buildah has mounted below, the deepest first."""
    lines = Path("/proc/mounts").read_text().splitlines()
    places = [line.split()[1] for line in lines]
    return sorted((p for p in places if p.startswith(f"{folder}/")), key=len, reverse=True)


def _variables(parts: dict[str, Any], service: str, port: int) -> dict[str, str]:
    database = (
        {"STACKWISE_POSTGRES_URL": parts["databases"][service]}
        if service in parts["databases"]
        else {}
    )
    return {
        **{name: value for name, value in parts.items() if name.startswith("STACKWISE_")},
        **database,
        "STACKWISE_PORT": str(port),
        "STACKWISE_KAFKA_IDEMPOTENCE": "false",
        "STACKWISE_LOOKUP_PEPPER": "a pepper of this test",
        "STACKWISE_CATALOG_URL": "http://127.0.0.1:1",
        "STACKWISE_PROFILE_URL": "http://127.0.0.1:1",
        "STACKWISE_RECOMMENDER_URL": "http://127.0.0.1:1",
        "STACKWISE_GATEWAY_URL": "http://127.0.0.1:1",
        "STACKWISE_CANARY_KEY": "no key",
        "STACKWISE_MODEL_STORE": "/tmp/models",
        "STACKWISE_SCRATCH": "/tmp/scratch",
    }


def _until_alive(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text(errors="replace")[-3000:]
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{port}/health/live", timeout=2
            ) as answer:
                assert answer.status == 200
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"not alive after {START_SECONDS} s:\n{log.read_text(errors='replace')[-3000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
