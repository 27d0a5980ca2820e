"""Parts that many tests need, started once for a run: PostgreSQL, Valkey, Kafka, the whole stack.

They are started only when a test asks for them, on free ports, in a folder that is removed again.
With STACKWISE_TEST_KAFKA=apache Kafka is Apache Kafka, run by us; with STACKWISE_TEST_KAFKA_BOOTSTRAP
it is whatever answers there (not for the stack, which needs a broker of its own).
"""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.local.child import running
from deploy.local.embedded import postgres as embedded_postgres
from deploy.local.embedded import tansu, valkey
from deploy.local.embedded.postgres import Postgres
from deploy.local.kafka import node
from deploy.local.ports import free_port
from deploy.local.run import running_stack
from deploy.local.stack import Stack
from tests.support.flow import Flow, flow_on
from tests.support.redis_cluster import RedisAt, cluster

RECHECKS = {"STACKWISE_BADGE_RECHECK_SECONDS": "2", "STACKWISE_BADGE_POLL_SECONDS": "0.5"}
APACHE = os.environ.get("STACKWISE_TEST_KAFKA") == "apache"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs Apache Kafka is skipped, and said so, where the run has none; what needs none, where it has."""
    for item in items:
        if item.get_closest_marker("kafka") and not APACHE:
            item.add_marker(pytest.mark.skip(reason="needs Apache Kafka: make test-kafka"))
        if item.get_closest_marker("any_broker") and APACHE:
            item.add_marker(pytest.mark.skip(reason="any broker will do: make test-system"))


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder that is removed again, for fixtures with another scope."""
    folder = Path(tempfile.mkdtemp(prefix="stackwise-tests-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def state_folder() -> Iterator[Path]:
    """A folder for a stack of one's own, which PostgreSQL's account can enter, unlike pytest's."""
    with temporary_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def parts_folder() -> Iterator[Path]:
    """The same for the parts that all tests share."""
    with temporary_folder() as folder:
        yield folder


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


@pytest.fixture(scope="session", params=["server", "cluster"])
async def redis_at(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[RedisAt]:
    """That server, and a cluster of three nodes, for what must hold on both; with two workers it may be made again."""
    if request.param == "server":
        yield RedisAt(url=redis_url, cluster=False)
        return
    with temporary_folder() as folder:
        async with cluster(folder) as url:
            yield RedisAt(url=url, cluster=True)


@pytest.fixture(scope="session")
async def kafka_bootstrap(parts_folder: Path) -> AsyncIterator[str]:
    """The address of a Kafka broker for topics of one's own."""
    elsewhere = os.environ.get("STACKWISE_TEST_KAFKA_BOOTSTRAP")
    if elsewhere:
        yield elsewhere
        return
    port, log = free_port(), parts_folder / "broker.log"
    program = (
        await node.prepare(parts_folder / "kafka", log, port)
        if APACHE
        else tansu.program(log, port)
    )
    async with running(program):
        yield f"127.0.0.1:{port}"


@pytest.fixture(scope="session")
async def stack() -> AsyncIterator[Stack]:
    """The whole system, empty, shared by all tests that use ids of their own; its broker behind a proxy. Badges are
    checked again every two seconds."""
    with temporary_folder() as folder:
        started = running_stack(
            folder, apache=APACHE, with_proxy=True, durable=False, overrides={"profile": RECHECKS}
        )
        async with started as running_one:
            yield running_one


@pytest.fixture(scope="session")
async def flow(stack: Stack) -> AsyncIterator[Flow]:
    """The running system as its administrator, one partner and an onlooker see it."""
    async with flow_on(stack) as flow:
        yield flow
