"""The ceiling of freshness: a plain producer, a plain consumer and one SET, on the same Kafka and Redis."""

import asyncio
import os
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import redis.asyncio as redis
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from libs.common.background import background
from tests.benchmarks.pace import Load, one_by_one

TOPIC = "stackwise.benchmark"
HOUR_MS = "3600000"
VALUE = os.urandom(200).hex().encode()
EXPIRY_SECONDS = 60
PATIENCE_SECONDS = 10.0


class Plain:
    """`seconds` from each send to the answer of the SET."""

    def __init__(
        self, producer: AIOKafkaProducer, consumer: AIOKafkaConsumer, store: "redis.Redis"
    ) -> None:
        self._producer = producer
        self._consumer = consumer
        self._store = store
        self._run = uuid.uuid4().hex
        self._number = 0
        self._sent: dict[bytes, tuple[float, asyncio.Event]] = {}
        self.seconds: list[float] = []

    async def consume(self) -> None:
        """Writes what comes to Redis, a batch at a time."""
        while True:
            fetched = await self._consumer.getmany(timeout_ms=1000, max_records=256)
            records = [record for batch in fetched.values() for record in batch]
            if not records:
                continue
            pipeline = self._store.pipeline(transaction=False)
            for record in records:
                pipeline.set(b"benchmark:" + record.key, record.value, ex=EXPIRY_SECONDS)
            await pipeline.execute()
            written = time.perf_counter()
            for record in records:
                if record.key in self._sent:
                    sent, done = self._sent.pop(record.key)
                    self.seconds.append(written - sent)
                    done.set()

    async def send(self) -> asyncio.Event:
        """Sends a record; the event is set when it stands in Redis."""
        self._number += 1
        key, done = f"{self._run}:{self._number}".encode(), asyncio.Event()
        self._sent[key] = time.perf_counter(), done
        await self._producer.send(TOPIC, VALUE, key=key)
        return done

    async def follow(self) -> None:
        """Sends a record and waits until it stands in Redis. Raises TimeoutError."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await (await self.send()).wait()

    async def send_many(self, count: int) -> int:
        for done in [await self.send() for _ in range(count)]:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await done.wait()
        return count


async def plain_seconds(
    kafka: str, redis_url: str, *, rate: float | None, count: int, seconds: float
) -> list[float]:
    """How long each record took: one at a time, or at a rate."""
    async with _plain(kafka, redis_url) as plain:
        for _ in range(3):
            await plain.follow()
        plain.seconds.clear()
        if rate is None:
            await one_by_one(count, plain.follow, seconds)
        else:
            await Load(rate, plain.send_many).run(seconds)
        return plain.seconds


@asynccontextmanager
async def _plain(kafka: str, redis_url: str) -> AsyncIterator[Plain]:
    await _ensure_topic(kafka)
    async with AsyncExitStack() as opened:
        store = redis.from_url(redis_url)
        opened.push_async_callback(store.aclose)
        producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", linger_ms=0)
        await producer.start()
        opened.push_async_callback(producer.stop)
        consumer = AIOKafkaConsumer(bootstrap_servers=kafka, fetch_max_wait_ms=10)
        await consumer.start()
        opened.push_async_callback(consumer.stop)
        consumer.assign([TopicPartition(TOPIC, 0)])
        await consumer.seek_to_end()
        plain = Plain(producer, consumer, store)
        await opened.enter_async_context(background(plain.consume()))
        yield plain


async def _ensure_topic(kafka: str) -> None:
    """One partition; what is in it is gone after an hour."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        if TOPIC not in await admin.list_topics():
            await admin.create_topics(
                [NewTopic(TOPIC, 1, 1, topic_configs={"retention.ms": HOUR_MS})]
            )
    finally:
        await admin.close()
