"""The relay's own death does not end the service."""

import asyncio

import pytest

from libs.common.settings import KafkaSettings
from services.catalog import publishing
from services.catalog.publishing import Publishing
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
