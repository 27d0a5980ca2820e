"""The relay beside what else goes on: its own death, and imports of the rows that it marks."""

import asyncio

import pytest
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import create_async_engine

from libs.common.contracts.catalog import SkillBody
from libs.common.database import make_engine
from libs.common.kafka.publisher import Sent
from libs.common.settings import KafkaSettings
from services.catalog import publishing
from services.catalog.domain.kinds import SKILL
from services.catalog.publishing import SOURCES, Publishing
from services.catalog.store import PostgresStore
from services.catalog.store.tables import TABLES
from tests.support.waiting import until


async def test_a_relay_that_dies_is_told_of_and_started_again(
    monkeypatch: pytest.MonkeyPatch, kafka_bootstrap: str
) -> None:
    """Readiness names the error until the next relay runs."""
    lives = asyncio.Semaphore(0)

    class Mortal:
        def __init__(self, *_: object) -> None: ...

        async def run(self) -> None:
            await lives.acquire()
            raise RuntimeError("out of luck")

        def problem(self) -> str | None:
            return None

    monkeypatch.setattr(publishing, "Relay", Mortal)
    settings = KafkaSettings(kafka_bootstrap=kafka_bootstrap, kafka_idempotence=False)
    relaying = Publishing(settings, "postgresql+asyncpg://unused")

    async def problem() -> str | None:
        return relaying.problem()

    assert await problem() == "not started yet"
    running = asyncio.create_task(relaying.run())
    for _ in range(2):
        await until(problem, lambda seen: seen is None)
        lives.release()
        await until(problem, lambda seen: "out of luck" in (seen or ""), every=0.01)
    await until(problem, lambda seen: seen is None)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_marking_waits_for_an_import_without_holding_what_it_needs(
    store: PostgresStore, database_url: str
) -> None:
    """While an import goes through the keys in their order, marking rows as published locks them in
    the same order, whatever order they were sent in; so neither is the victim of a deadlock."""
    skills = next(source for source in SOURCES if source.topic is SKILL.topic)
    table = TABLES["skill"]
    async with store.begin() as unit:
        for key in ("b", "a"):
            await unit.put(SKILL, key, SkillBody(name=key))
    importing, marking = make_engine(database_url), make_engine(database_url)
    try:
        async with importing.begin() as import_, marking.connect() as relay:
            await relay.execution_options(isolation_level="AUTOCOMMIT")
            rows = await skills.unpublished(relay, {})
            assert [row["key"] for row in rows] == ["b", "a"]
            await import_.execute(update(table).where(table.c.key == "a").values(revision=2))
            mark = asyncio.create_task(skills.mark(relay, rows, Sent(0, 1, "id")))
            await until(lambda: _waiting(database_url), lambda seen: seen == 1)
            await import_.execute(update(table).where(table.c.key == "b").values(revision=2))
            await import_.commit()
            await mark
            assert len(await skills.unpublished(relay, {})) == 2
    finally:
        await importing.dispose()
        await marking.dispose()


async def _waiting(database_url: str) -> int:
    """How many connections to the database wait for a lock."""
    engine = create_async_engine(database_url)
    async with engine.connect() as connection:
        counted = await connection.scalar(
            text(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
        )
    await engine.dispose()
    return counted or 0
