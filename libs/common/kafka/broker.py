"""The broker: FastStream's, with a durable producer and consumptions that are opened and closed with it."""

import asyncio
import time
from typing import Any, Protocol

from aiokafka import AIOKafkaClient, AIOKafkaProducer
from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker

from libs.common.errors import StackwiseError
from libs.common.settings import KafkaSettings

GRACEFUL_SECONDS = 15.0
REQUEST_TIMEOUT_MS = 10_000


class KafkaAway(StackwiseError):
    """Kafka did not answer within the time that start-up waits for it."""


class Opened(Protocol):
    """Something that begins when the broker has started and ends before it stops."""

    async def open(self) -> None: ...
    async def close(self) -> None: ...


class Broker(KafkaBroker):
    """A KafkaBroker that opens and closes its consumptions with itself."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.consumptions: list[Opened] = []

    async def start(self) -> None:
        """Connects the producer and every subscriber; raises KafkaError when Kafka is away."""
        await super().start()
        for consumption in self.consumptions:
            await consumption.open()

    async def stop(self, *args: Any, **kwargs: Any) -> None:
        """Ends the consumptions, each after the batch it handles, then the connections."""
        for consumption in self.consumptions:
            await consumption.close()
        await super().stop(*args, **kwargs)


def make_broker(settings: KafkaSettings, *, client_id: str) -> Broker:
    """The broker of a process; nothing is opened before it is started."""
    return Broker(
        settings.kafka_bootstrap.split(","),
        client_id=client_id,
        acks="all",
        enable_idempotence=settings.kafka_idempotence,
        linger_ms=0,
        max_batch_size=256 * 1024,
        request_timeout_ms=REQUEST_TIMEOUT_MS,
        retry_backoff_ms=100,
        metadata_max_age_ms=30_000,
        allow_auto_create_topics=False,
        apply_types=False,
        graceful_timeout=GRACEFUL_SECONDS,
        logger=None,
    )


def producer_of(broker: KafkaBroker) -> AIOKafkaProducer:
    """The started broker's own producer, for what FastStream's `publish` cannot carry: binary
    headers, and many sends under way at once."""
    producer: AIOKafkaProducer = broker.config.producer._producer.producer  # type: ignore[attr-defined]
    return producer


async def wait_for_kafka(settings: KafkaSettings) -> None:
    """Returns when Kafka answers; raises KafkaAway after `kafka_wait_seconds`."""
    deadline = time.monotonic() + settings.kafka_wait_seconds
    while True:
        client = AIOKafkaClient(bootstrap_servers=settings.kafka_bootstrap)
        try:
            await client.bootstrap()
        except KafkaError as error:
            if time.monotonic() > deadline:
                raise KafkaAway(f"no Kafka at {settings.kafka_bootstrap}") from error
        else:
            return
        finally:
            await client.close()
        await asyncio.sleep(0.2)
