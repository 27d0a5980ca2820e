import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any

import pytest
from sqlalchemy import BigInteger, Column, DateTime, MetaData, Table, Text, func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.local.embedded.postgres import Postgres
from libs.common.contracts.catalog import Skill
from libs.common.contracts.topics import SKILL
from libs.common.database import make_engine
from libs.common.global_table import GlobalTables
from libs.common.kafka.broker import Broker
from libs.common.kafka.publisher import Publisher
from libs.common.publishing import Relay, Source, relay_ddl, republish
from libs.common.publishing import relay as relay_module
from libs.common.publishing import rows as rows_module
from tests.factories.catalog import EPOCH
from tests.support.waiting import until
from tests.unit.common_kafka.conftest import MakeBroker

Started = Callable[[Broker], AbstractAsyncContextManager[Broker]]

TABLE = Table(
    "skill",
    MetaData(),
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("published_revision", BigInteger, nullable=False, server_default="0"),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
SOURCE = Source(
    SKILL,
    TABLE,
    TABLE.c.id,
    lambda row: Skill(id=row["id"], name=row["name"], revision=row["revision"], updated_at=EPOCH),
)


@pytest.fixture
async def url(postgres: Postgres) -> str:
    """A database with a table of skills and what the relay needs."""
    url = await postgres.create_database("relay")
    engine = make_engine(url, pool_size=1)
    async with engine.begin() as connection:
        await connection.run_sync(TABLE.metadata.create_all)
        for statement in relay_ddl(["skill"]):
            await connection.execute(text(statement))
    await engine.dispose()
    return url


@pytest.fixture
async def engine(url: str) -> AsyncIterator[AsyncEngine]:
    engine = make_engine(url, pool_size=4)
    yield engine
    await engine.dispose()


async def write(engine: AsyncEngine, id: str, times: int = 1) -> None:
    """Writes a skill, raising its revision each time."""
    statement = text(
        "INSERT INTO skill (id, name, revision) VALUES (:id, :id, 1) "
        "ON CONFLICT (id) DO UPDATE SET revision = skill.revision + 1"
    )
    for _ in range(times):
        async with engine.begin() as connection:
            await connection.execute(statement, {"id": id})


async def unpublished(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        differing = TABLE.c.revision != TABLE.c.published_revision
        found = await connection.execute(select(func.count()).where(differing))
        return int(found.scalar_one())


class Watched:
    """A global table of skills that remembers the order in which revisions arrived."""

    def __init__(self, broker: Broker) -> None:
        self.seen: list[tuple[str, int]] = []
        self.tables = GlobalTables(broker, [SKILL])
        handle = self.tables._handle

        async def remember(batch: list[Any]) -> None:
            self.seen.extend((record.key, record.value.revision) for record in batch)
            await handle(batch)

        self.tables._consumption._handling._handler = remember

    def revisions(self, id: str) -> list[int]:
        return [revision for key, revision in self.seen if key == id]

    async def reaches(self, id: str, revision: int) -> None:
        async def look() -> list[int]:
            return self.revisions(id)

        await until(look, lambda found: revision in found)


@asynccontextmanager
async def relaying(
    broker: Broker, bootstrap: str, url: str, source: Source = SOURCE
) -> AsyncIterator[Relay]:
    relay = Relay(url, Publisher(broker, "test"), {"bootstrap_servers": bootstrap}, [source])
    task = asyncio.create_task(relay.run())
    try:
        yield relay
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_changed_rows_are_published_in_the_order_of_their_revisions(
    topics: str, new_broker: MakeBroker, started: Started, url: str, engine: AsyncEngine
) -> None:
    """Under concurrent writers revisions are skipped at most, never reordered; the last one arrives."""
    ids = [uuid.uuid4().hex for _ in range(5)]
    broker = new_broker()
    watched = Watched(broker)
    async with started(broker), relaying(broker, topics, url):
        await asyncio.gather(*(write(engine, id, 20) for id in ids))
        for id in ids:
            await watched.reaches(id, 20)
        await until(lambda: unpublished(engine), lambda count: count == 0)
    for id in ids:
        assert watched.revisions(id) == sorted(set(watched.revisions(id)))


async def test_a_second_relay_stands_by_and_takes_over(
    topics: str, new_broker: MakeBroker, started: Started, url: str, engine: AsyncEngine
) -> None:
    """Only the holder of the lock publishes; when it goes, the other goes on."""
    id = uuid.uuid4().hex
    broker = new_broker()
    watched = Watched(broker)
    async with started(broker):
        async with relaying(broker, topics, url), relaying(broker, topics, url) as standby:
            await write(engine, id)
            await watched.reaches(id, 1)
            assert standby.problem() is None
        async with relaying(broker, topics, url):
            await write(engine, id)
            await watched.reaches(id, 2)
    assert watched.revisions(id) == [1, 2]


async def test_everything_is_published_again_when_the_log_has_lost_the_last_record(
    topics: str, new_broker: MakeBroker, started: Started, url: str, engine: AsyncEngine
) -> None:
    """Another record, or none, where the last one was sent means another log: all rows are sent to it."""
    ids = [uuid.uuid4().hex for _ in range(3)]
    broker = new_broker()
    watched = Watched(broker)
    async with started(broker):
        async with relaying(broker, topics, url):
            for id in ids:
                await write(engine, id)
                await watched.reaches(id, 1)
        async with engine.begin() as connection:
            await connection.execute(text("UPDATE relay SET record_id = 'of another log'"))
        async with relaying(broker, topics, url):
            for id in ids:
                await until(_twice(watched, id), bool)


async def test_republish_sends_every_row_again(
    topics: str, new_broker: MakeBroker, started: Started, url: str, engine: AsyncEngine
) -> None:
    """With the same revision, which changes nothing for readers."""
    id = uuid.uuid4().hex
    broker = new_broker()
    watched = Watched(broker)
    async with started(broker), relaying(broker, topics, url):
        await write(engine, id)
        await watched.reaches(id, 1)
        await until(lambda: unpublished(engine), lambda count: count == 0)
        async with engine.begin() as connection:
            await republish(connection, [SOURCE])
        await until(_twice(watched, id), bool)
    assert watched.revisions(id) == [1, 1]


async def test_republish_takes_the_table_in_parts(
    url: str, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No statement is as long as the table; every row is reached, whatever its key."""
    monkeypatch.setattr(rows_module, "RESET", 3)
    for id in ("a", "A", "é", "z", "~", "10", "9"):
        await write(engine, id)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE skill SET published_revision = revision"))
        await republish(connection, [SOURCE])
    assert await unpublished(engine) == 7


async def test_a_row_that_cannot_be_published_holds_nobody_up(
    topics: str, new_broker: MakeBroker, started: Started, url: str, engine: AsyncEngine
) -> None:
    """Undecodable or too large for Kafka: it is set aside and said, until it changes."""
    broken, large, good = (f"{kind} {uuid.uuid4().hex}" for kind in ("broken", "large", "good"))

    def snapshot(row: Any) -> Skill:
        if row["id"] == broken and row["revision"] == 1:
            raise ValueError("not a skill")
        name = "x" * 9_000_000 if row["id"] == large else "n"
        return Skill(id=row["id"], name=name, revision=row["revision"], updated_at=EPOCH)

    broker = new_broker()
    watched = Watched(broker)
    for id in (broken, large):
        await write(engine, id)
    source = SOURCE._replace(snapshot=snapshot)
    async with started(broker), relaying(broker, topics, url, source) as relay:
        await write(engine, good)
        await watched.reaches(good, 1)
        assert relay.warning() == "2 rows cannot be published"
        assert relay.problem() is None
        await write(engine, broken)
        await watched.reaches(broken, 2)
    assert watched.revisions(large) == []


def _twice(watched: Watched, id: str) -> Callable[[], Any]:
    async def look() -> bool:
        return watched.revisions(id).count(1) >= 2

    return look


async def test_a_batch_of_rows_is_published_once(
    topics: str, new_broker: MakeBroker, started: Started, url: str, engine: AsyncEngine
) -> None:
    """The check for a lost log finds the last record of a large batch, and nothing is sent again."""
    ids = [uuid.uuid4().hex for _ in range(50)]
    broker = new_broker()
    watched = Watched(broker)
    statement = text("INSERT INTO skill (id, name, revision) VALUES (:id, :id, 1)")
    async with started(broker), relaying(broker, topics, url):
        async with engine.begin() as connection:
            await connection.execute(statement, [{"id": id} for id in ids])
        for id in ids:
            await watched.reaches(id, 1)
        await until(lambda: unpublished(engine), lambda count: count == 0)
        for revision in (2, 3, 4):
            await asyncio.sleep(relay_module.POLL_SECONDS)
            await write(engine, ids[0])
            await watched.reaches(ids[0], revision)
    assert all(watched.revisions(id) == [1] for id in ids[1:])


async def test_an_acknowledgement_is_waited_for_under_the_lock(
    topics: str,
    new_broker: MakeBroker,
    started: Started,
    url: str,
    engine: AsyncEngine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However long it takes: no other relay sends meanwhile, and then the row is published once."""
    monkeypatch.setattr(relay_module, "SEND_SECONDS", 0.1)
    id, broker = uuid.uuid4().hex, new_broker()
    watched, acknowledge = Watched(broker), asyncio.Event()
    send_many = Publisher.send_many

    async def slowly(*arguments: Any, **options: Any) -> Any:
        await acknowledge.wait()
        return await send_many(*arguments, **options)

    monkeypatch.setattr(Publisher, "send_many", slowly)
    async with (
        started(broker),
        relaying(broker, topics, url) as one,
        relaying(broker, topics, url) as other,
    ):
        await write(engine, id)
        await until(lambda: _failing(one, other), lambda failing: len(failing) == 1)
        await asyncio.sleep(1)
        assert len(await _failing(one, other)) == 1
        acknowledge.set()
        await watched.reaches(id, 1)
        await until(lambda: unpublished(engine), lambda count: count == 0)
    assert watched.revisions(id) == [1]


async def _failing(*relays: Relay) -> list[str]:
    return [relay._failure for relay in relays if relay._failure is not None]
