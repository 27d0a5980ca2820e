"""Parts that many tests need, started once for a run: PostgreSQL, Valkey and a Kafka broker.

They are started only when a test asks for them, on free ports, in a folder that is removed again.
"""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from deploy.local.child import running
from deploy.local.embedded import postgres as embedded_postgres
from deploy.local.embedded import tansu, valkey
from deploy.local.embedded.postgres import Postgres
from deploy.local.ports import free_port


@pytest.fixture(scope="session")
def parts_folder() -> Iterator[Path]:
    """A folder that PostgreSQL's account can enter too, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="stackwise-tests-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
async def postgres(parts_folder: Path) -> AsyncIterator[Postgres]:
    """PostgreSQL; `await postgres.create_database(name)` gives the url of a new, empty database."""
    log = parts_folder / "postgres.log"
    server = await embedded_postgres.prepare(parts_folder, log, free_port(), durable=False)
    async with running(server.program):
        yield server


@pytest.fixture(scope="session")
async def redis_url(parts_folder: Path) -> AsyncIterator[str]:
    """The url of a Valkey server; tests use keys of their own and never flush it."""
    server = valkey.prepare(parts_folder / "redis", parts_folder / "redis.log", free_port())
    async with running(server.program):
        yield server.url


@pytest.fixture(scope="session")
async def kafka_bootstrap(parts_folder: Path) -> AsyncIterator[str]:
    """Where to reach a Kafka broker: the embedded one, unless STACKWISE_TEST_KAFKA_BOOTSTRAP names one."""
    elsewhere = os.environ.get("STACKWISE_TEST_KAFKA_BOOTSTRAP")
    if elsewhere:
        yield elsewhere
        return
    port = free_port()
    async with running(tansu.program(parts_folder / "broker.log", port)):
        yield f"127.0.0.1:{port}"
