"""The broker: FastStream's, with a durable producer and consumptions that are opened and closed with it."""

import asyncio
from typing import Any, Protocol, cast

import structlog
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker
from faststream.kafka.publisher.producer import AioKafkaFastProducerImpl

from libs.common.errors import StackwiseError
from libs.common.kafka.connection import connection, security
from libs.common.kafka.producer import RETRY_SECONDS, Producing
from libs.common.settings import KafkaSettings

GRACEFUL_SECONDS = 15.0
STOP_SECONDS = 20.0
REQUEST_TIMEOUT_MS = 10_000
MAX_RECORD_BYTES = 8 * 1024 * 1024
"""The largest record. A snapshot spells out the defaults that a body of 1 MB leaves out, and grows to 4 MB."""

log = structlog.get_logger()


class KafkaAway(StackwiseError):
    """Kafka did not answer within the time that start-up waits for it."""


class Opened(Protocol):
    """Something that begins when the broker has started and ends before it stops."""

    def prepare(self) -> None: ...
    def watch(self) -> None: ...
    async def open(self) -> None: ...
    async def close(self) -> None: ...


class Broker(KafkaBroker):
    """A KafkaBroker that opens and closes its consumptions with itself. reaching: `connection`'s, for other clients."""

    def __init__(
        self, *args: Any, fetch_wait_ms: int, reaching: dict[str, Any], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fetch_wait_ms = fetch_wait_ms
        self.reaching = reaching
        held = cast("AioKafkaFastProducerImpl", self.config.producer)
        self.producing = Producing(held, self._connection_kwargs)
        self.consumptions: list[Opened] = []

    async def start(self) -> None:
        """Connects the producer and every subscriber; raises KafkaError when Kafka is away."""
        for consumption in self.consumptions:
            consumption.prepare()
        await super().start()
        for consumption in self.consumptions:
            consumption.watch()
            await consumption.open()

    async def stop(self, *args: Any, **kwargs: Any) -> None:
        """Ends the consumptions, each after the batch it handles, then the connections.

        Bounded: an idempotent producer would wait for Kafka with what it has not sent, however long.
        """
        try:
            async with asyncio.timeout(STOP_SECONDS):
                for consumption in self.consumptions:
                    await consumption.close()
                await self.producing.close()
                await super().stop(*args, **kwargs)
        except TimeoutError:
            log.warning("kafka_not_left_in_time", seconds=STOP_SECONDS)


def make_broker(settings: KafkaSettings, *, client_id: str) -> Broker:
    """The broker of a process; nothing is opened before it is started."""
    return Broker(
        settings.kafka_bootstrap.split(","),
        security=security(settings),
        fetch_wait_ms=settings.kafka_fetch_wait_ms,
        reaching=connection(settings),
        client_id=client_id,
        acks="all",
        enable_idempotence=settings.kafka_idempotence,
        linger_ms=0,
        max_batch_size=256 * 1024,
        max_request_size=MAX_RECORD_BYTES,
        request_timeout_ms=REQUEST_TIMEOUT_MS,
        retry_backoff_ms=100,
        metadata_max_age_ms=30_000,
        allow_auto_create_topics=False,
        apply_types=False,
        graceful_timeout=GRACEFUL_SECONDS,
        logger=None,
    )


async def keep_started(broker: Broker, settings: KafkaSettings) -> None:
    """Starts the broker as soon as Kafka is there and keeps it until cancelled; for a process that
    answers without Kafka too."""
    try:
        await _start(broker, settings)
        await asyncio.Event().wait()
    finally:
        await broker.stop()


async def _start(broker: Broker, settings: KafkaSettings) -> None:
    """Tries for as long as it takes: Kafka may go away just after it has answered."""
    while True:
        await _until_it_answers(settings)
        try:
            await broker.start()
            return
        except (KafkaError, OSError) as error:
            log.warning("kafka_away", error=str(error))
            await broker.stop()
        await asyncio.sleep(RETRY_SECONDS)


async def wait_for_kafka(settings: KafkaSettings) -> None:
    """Returns when Kafka answers; raises KafkaAway after `kafka_wait_seconds`."""
    try:
        async with asyncio.timeout(settings.kafka_wait_seconds):
            await _until_it_answers(settings)
    except TimeoutError as error:
        raise KafkaAway(f"no Kafka at {settings.kafka_bootstrap}") from error


async def _until_it_answers(settings: KafkaSettings) -> None:
    while True:
        client = AIOKafkaClient(**connection(settings))
        try:
            await client.bootstrap()
        except KafkaError as error:
            log.warning("kafka_away", error=str(error))
        else:
            return
        finally:
            await client.close()
        await asyncio.sleep(RETRY_SECONDS)
