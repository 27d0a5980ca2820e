"""Images built and run without a container engine: buildah in a chroot, on a Debian made by mmdebstrap."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.deploy.rendering import ROOT

DOCKER = ROOT / "deploy" / "docker"
SERVICES = ("catalog", "profile", "recommender", "gateway")
BUILD_SECONDS = 400
# What a python:slim image has and Stackwise needs.
PACKAGES = "python3,python3-venv,ca-certificates,libstdc++6,libgomp1"
LEAN = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("man", "doc", "locale")]


class Buildah:
    """A store of images in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        store, run = folder / "store", folder / "run"
        where = ["buildah", "--root", str(store), "--runroot", str(run)]
        overlay = [*where, "--storage-driver", "overlay"]
        works = subprocess.run([*overlay, "info"], capture_output=True, check=False).returncode == 0
        self._command = overlay if works else [*where, "--storage-driver", "vfs"]

    def __call__(self, *words: str) -> str:
        """What buildah writes. Raises CalledProcessError with its words in the output."""
        done = subprocess.run(
            [*self._command, *words],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=BUILD_SECONDS,
            check=False,
        )
        assert done.returncode == 0, (
            f"buildah {words}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        )
        return done.stdout.strip()

    def base(self) -> None:
        """The image `base`: Debian with Python and nothing to build with."""
        tar = self._folder / "base.tar"
        clean = 'rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*'
        subprocess.run(
            [
                "mmdebstrap",
                "--quiet",
                "--variant=essential",
                f"--include={PACKAGES}",
                *LEAN,
                f"--customize-hook={clean}",
                "bookworm",
                str(tar),
            ],
            check=True,
            timeout=BUILD_SECONDS,
        )
        container = self("from", "scratch")
        self("add", container, str(tar), "/")
        self("commit", "--rm", container, "base")
        tar.unlink()

    def build(self, service: str) -> None:
        """The image of a service, by the Dockerfile as it stands."""
        pip = self._folder / "pip.conf"
        pip.write_text("[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n")
        self(
            "build", "--isolation", "chroot", "--layers=false", "--quiet",
            "--file", str(DOCKER / "Dockerfile"), "--ignorefile", str(DOCKER / "Dockerfile.dockerignore"),
            "--volume", "/etc/ssl/certs:/etc/ssl/certs:ro", "--volume", f"{pip}:/etc/pip.conf:ro",
            "--build-arg", "BASE=localhost/base", "--build-arg", f"SERVICE={service}",
            "--tag", service, ".",
        )  # fmt: skip
        self("from", "--name", f"{service}-run", f"localhost/{service}")

    def root(self, service: str) -> Path:
        """The image's file system."""
        return Path(self("mount", f"{service}-run"))

    def configuration(self, service: str) -> dict[str, object]:
        """What the image says of itself: User, Env, Entrypoint, Labels."""
        found: dict[str, object] = json.loads(
            self("inspect", "--type", "image", f"localhost/{service}")
        )["OCIv1"]["config"]
        return found

    def command(self, service: str, words: list[str], variables: dict[str, str]) -> list[str]:
        """The command line that runs the image's entry point as its user."""
        entry = self.configuration(service)["Entrypoint"]
        assert isinstance(entry, list)
        given = [word for name, value in variables.items() for word in ("--env", f"{name}={value}")]
        return [
            *self._command,
            "run",
            "--isolation",
            "chroot",
            *given,
            f"{service}-run",
            "--",
            *entry,
            *words,
        ]


@contextmanager
def running(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process with all that it started, ended together."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )
        try:
            yield process
        finally:
            for pid in (*children_of(process.pid), process.pid):
                _stop(pid)
            process.wait(timeout=60)


def children_of(pid: int) -> list[int]:
    """All descendants of a process, the youngest first."""
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, path.read_text().split()):
            found = [*children_of(child), child, *found]
    return found


def _stop(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        return
