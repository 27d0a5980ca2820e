"""A broker that comes back without its logs, as an embedded one does; a topic that was made anew is no different."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.local.child import Child
from deploy.local.embedded import tansu
from deploy.local.ports import free_port
from libs.common.contracts.topics import SKILL
from libs.common.global_table import GlobalTables
from libs.common.kafka import consume
from libs.common.kafka.broker import Broker, make_broker
from libs.common.kafka.provision import provision
from libs.common.kafka.publisher import Publisher
from libs.common.publishing import relay
from libs.common.settings import KafkaSettings
from tests.factories.catalog import skill
from tests.support.waiting import until
from tests.unit.common_kafka.test_relay import Started, Watched, engine, relaying, url, write

__all__ = ["engine", "url"]


class Forgetful:
    """An embedded broker of the test's own, with every topic."""

    def __init__(self, log: Path) -> None:
        port = free_port()
        self.bootstrap = f"127.0.0.1:{port}"
        self._program = tansu.program(log, port)
        self._child: Child | None = None

    async def start(self) -> None:
        self._child = await Child.start(self._program)
        await self._child.until_ready()
        await provision(self.bootstrap)

    async def stop(self) -> None:
        if self._child is not None:
            await self._child.stop()

    async def forget(self) -> None:
        """It is restarted: every log begins anew."""
        await self.stop()
        await self.start()

    def client(self) -> Broker:
        """A broker as a process makes it."""
        settings = KafkaSettings(kafka_bootstrap=self.bootstrap, kafka_idempotence=False)
        return make_broker(settings, client_id="test")


@pytest.fixture
async def kafka(tmp_path: Path) -> AsyncIterator[Forgetful]:
    forgetful = Forgetful(tmp_path / "broker.log")
    await forgetful.start()
    yield forgetful
    await forgetful.stop()


async def test_what_was_sent_since_does_not_hide_that_a_log_is_lost(
    kafka: Forgetful,
    started: Started,
    url: str,
    engine: AsyncEngine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A relay that has something to send sends it to the new log before it looks: it notices all the same, and sends
    every row again."""
    monkeypatch.setattr(relay, "POLL_SECONDS", 12.0)
    ids = [uuid.uuid4().hex for _ in range(4)]
    broker = kafka.client()
    async with started(broker), relaying(broker, kafka.bootstrap, url):
        for id in ids:
            await write(engine, id)
        await until(lambda: _length(kafka, ids), lambda found: found == 4)
        await kafka.forget()
        await write(engine, "new")
        await until(lambda: _length(kafka, [*ids, "new"]), lambda found: found == 5, seconds=40)


async def test_a_log_that_outgrew_what_was_read_is_read_from_its_beginning(
    kafka: Forgetful, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reader's place is within the new log; what came before it there is read all the same."""
    monkeypatch.setattr(consume, "PROVE_SECONDS", 0.2)
    reader = kafka.client()
    watched = Watched(reader)
    async with started(reader):
        await _send(kafka, ["a", "b", "c"])
        await watched.reaches("c", 1)
        await kafka.forget()
        await _send(kafka, ["d", "e", "f"])
        for id in ("d", "e", "f"):
            await watched.reaches(id, 1)


async def _send(kafka: Forgetful, ids: list[str]) -> None:
    writer = kafka.client()
    await writer.start()
    try:
        await Publisher(writer, "test").send_many([(SKILL, id, skill(id)) for id in ids])
    finally:
        await writer.stop()


async def _length(kafka: Forgetful, ids: list[str]) -> int:
    """How many of the ids the log has now, for one who reads it from its beginning."""
    reader = kafka.client()
    tables = GlobalTables(reader, [SKILL])
    await reader.start()
    try:
        await until(_caught_up(tables), bool)
        return len(tables.get(SKILL).keys() & set(ids))
    finally:
        await reader.stop()


def _caught_up(tables: GlobalTables) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        return tables.caught_up

    return look
