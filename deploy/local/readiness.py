"""When a stack is ready: every process says so, and every record in the log has been applied."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
import redis.asyncio as redis
from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.local.errors import Stalled, Unstarted
from deploy.local.keeper import Say
from libs.common.contracts import redis_keys
from libs.common.contracts.redis_values import Mark, Offsets, Packed
from libs.common.contracts.topics import INTERACTION, LEARNER

_OFFSETS = Packed(Offsets)
_SAY_EVERY_SECONDS = 5.0


async def until_ready(urls: Mapping[str, str], *, say: Say, timeout: float) -> None:
    """Waits until each URL's `/health/ready` is 200; Unstarted with the reasons when time is up."""
    deadline = time.monotonic() + timeout
    next_word = time.monotonic() + _SAY_EVERY_SECONDS
    async with httpx.AsyncClient(timeout=5) as client:
        while problems := await _problems(client, urls):
            now = time.monotonic()
            if now > deadline:
                raise Unstarted(f"not ready after {timeout:.0f} s: {'; '.join(problems)}")
            if now > next_word:
                next_word = now + _SAY_EVERY_SECONDS
                say(f"waiting for {'; '.join(problems)}")
            await asyncio.sleep(0.1)


async def _problems(client: httpx.AsyncClient, urls: Mapping[str, str]) -> list[str]:
    answers = await asyncio.gather(*(_problem(client, url) for url in urls.values()))
    return [f"{name} ({answer})" for name, answer in zip(urls, answers, strict=True) if answer]


async def _problem(client: httpx.AsyncClient, url: str) -> str | None:
    try:
        answer = await client.get(f"{url}/health/ready")
    except httpx.TransportError as error:
        return type(error).__name__
    return None if answer.status_code == 200 else answer.text


class Lag:
    """How many records of learners have not been applied yet. `lag` gives one."""

    def __init__(self, consumer: AIOKafkaConsumer, store: "redis.Redis") -> None:
        self._consumer = consumer
        self._store = store

    async def count(self) -> int:
        """The number of records over all partitions of both topics."""
        ends = await self._consumer.end_offsets(
            [
                TopicPartition(topic.name, partition)
                for topic in (LEARNER, INTERACTION)
                for partition in range(topic.partitions)
            ]
        )
        keys = [redis_keys.offsets(partition) for partition in range(INTERACTION.partitions)]
        raw: list[Any] = await self._store.mget(keys)
        stored = [_OFFSETS.unpack(value) for value in raw]
        return sum(
            max(0, end - _applied(stored[place.partition], place.topic))
            for place, end in ends.items()
        )

    async def until_none(self, *, patience: float) -> None:
        """Returns when everything has been applied; Stalled after `patience` seconds without progress."""
        least, deadline = None, time.monotonic() + patience
        while behind := await self.count():
            if least is None or behind < least:
                least, deadline = behind, time.monotonic() + patience
            if time.monotonic() > deadline:
                raise Stalled(f"{behind} records have waited for {patience:.0f} s to be applied")
            await asyncio.sleep(0.05)


def _applied(stored: Offsets | None, topic: str) -> int:
    """The offset after the last applied record."""
    mark: Mark | None = None
    if stored is not None:
        mark = stored.learner if topic == LEARNER.name else stored.interaction
    return 0 if mark is None else mark.offset + 1


@asynccontextmanager
async def lag(kafka: str, redis_url: str) -> AsyncIterator[Lag]:
    """Measures the lag of the stack that uses this broker and this store."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka)
    async with redis.Redis.from_url(redis_url) as store:
        await consumer.start()
        try:
            yield Lag(consumer, store)
        finally:
            await consumer.stop()
