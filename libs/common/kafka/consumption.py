"""What every consumption shares: FastStream's subscriber, decoding, handling, and knowing how well it is.

FastStream neither parses nor acknowledges here: its parser fails on headers that are not text, and its
acknowledgement commits or seeks without backoff.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from faststream import AckPolicy
from faststream.kafka.message import FAKE_CONSUMER, KafkaMessage

from libs.common.kafka.broker import MAX_RECORD_BYTES, Broker
from libs.common.kafka.handling import Abandoned, Handler, Handling, Keep, Park
from libs.common.kafka.metrics import CONSUMED, DELAY, HANDLED_AT
from libs.common.kafka.records import Record, read
from libs.common.kafka.tracing import consuming

BATCH_TIMEOUT_MS = 5
SILENT_SECONDS = 30.0
STUCK_SECONDS = 60.0
STILL_SECONDS = 120.0
REPAIR_SECONDS = 1.0

Place = tuple[str, int]
log = structlog.get_logger()


class Consumption:
    """One subscription of a process. `problem` is for Health; `consumer` may seek, pause and resume.

    handled: by (topic, partition), the offset behind the last handled record.
    """

    def __init__(
        self, broker: Broker, name: str, subscriber: Any, handler: Handler, park: Park, keep: Keep
    ) -> None:
        self._name = name
        self._subscriber = subscriber
        self._stopping = asyncio.Event()
        self._handling = Handling(name, handler, park, keep, self._stopping)
        self._busy_since: float | None = None
        self._polled_at = time.monotonic()
        self.handled: dict[Place, int] = {}
        broker.consumptions.append(self)
        subscriber(self._receive)

    @property
    def consumer(self) -> AIOKafkaConsumer:
        """aiokafka's consumer, once the broker has started."""
        return self._subscriber.consumer

    async def open(self) -> None:
        """Called by the broker when it has started."""

    def prepare(self) -> None:
        """Called by the broker before it starts: perhaps again, after a start that failed half-way."""
        self._stopping.clear()

    def watch(self) -> None:
        """Called by the broker when its consumers exist: notes each poll, for which FastStream has no hook."""
        poll = self.consumer.getmany

        async def noted(*args: Any, **options: Any) -> Any:
            self._polled_at = time.monotonic()
            return await poll(*args, **options)

        self.consumer.getmany = noted

    async def close(self) -> None:
        """Ends waiting retries; the broker then waits for the batch that is being handled."""
        self._stopping.set()

    def problem(self) -> str | None:
        """Why this consumer is not well; None when it is."""
        if self._subscriber.consumer is None or not self._subscriber.tasks:
            return "the consumer has not started"
        if all(task.done() for task in self._subscriber.tasks):
            return "the consumer is dead"
        busy = 0.0 if self._busy_since is None else time.monotonic() - self._busy_since
        if busy > STUCK_SECONDS:
            return f"a batch has been in hand for {busy:.0f} s"
        return self._silence()

    def failure(self) -> str | None:
        """Why only a new start helps: the loop has ended, or stands still. One that waits for Kafka polls, and one that waits
        for Redis tries its batch again and again: neither is still."""
        tasks = self._subscriber.tasks
        if self._stopping.is_set() or self._subscriber.consumer is None or not tasks:
            return None
        if all(task.done() for task in tasks):
            return "the consumer is dead"
        still = time.monotonic() - max(self._polled_at, self._handling.tried_at)
        return f"neither polled nor tried for {still:.0f} s" if still > STILL_SECONDS else None

    def _silence(self) -> str | None:
        assigned = self.consumer.assignment()
        if not assigned:
            return "no partition is assigned"
        newest = max(self.consumer.last_poll_timestamp(place) or 0 for place in assigned)
        if newest == 0:
            return "Kafka has not answered yet"
        silent = time.time() - newest / 1000
        return f"Kafka has been silent for {silent:.0f} s" if silent > SILENT_SECONDS else None

    async def _receive(self, raws: Sequence[ConsumerRecord]) -> None:
        """What FastStream calls. It forgets a batch whose handler raises; here the batch is read again."""
        if self._stopping.is_set():
            return
        self._busy_since = time.monotonic()
        try:
            await self._consume([read(raw) for raw in raws])
        except Abandoned:
            log.info("batch_abandoned", consumer=self._name, records=len(raws))
        except Exception:
            log.exception("batch_is_read_again", consumer=self._name, records=len(raws))
            self._rewind(raws)
            await asyncio.sleep(REPAIR_SECONDS)
        finally:
            self._busy_since = None

    async def _consume(self, batch: list[Record]) -> None:
        with consuming(self._name, batch):
            await self._handling.handle(batch)
        for record in batch:
            self.handled[record.topic, record.partition] = record.offset + 1
        _measure(batch)

    def _rewind(self, raws: Sequence[ConsumerRecord]) -> None:
        assigned = self.consumer.assignment()
        for raw in reversed(raws):
            if (place := TopicPartition(raw.topic, raw.partition)) in assigned:
                self.consumer.seek(place, raw.offset)


def batches(max_records: int, fetch_wait_ms: int) -> dict[str, Any]:
    """The options of every subscriber.

    Tansu answers an empty fetch only when its wait is over: so long a record may stay unseen, and so
    often is asked. Of 128 idle partitions (*measured*, in percent of a core, consumer + broker): 5 ms 18 + 19,
    10 ms 14 + 16, 25 ms 9 + 11, 100 ms 6 + 6.
    """
    return {
        "batch": True,
        "max_records": max_records,
        "batch_timeout_ms": BATCH_TIMEOUT_MS,
        "fetch_max_wait_ms": fetch_wait_ms,
        "max_partition_fetch_bytes": MAX_RECORD_BYTES,
        "auto_offset_reset": "earliest",
        "ack_policy": AckPolicy.MANUAL,
        "parser": _parse,
        "decoder": _decode,
    }


async def _parse(message: Any, _: Callable[..., Awaitable[Any]] | None = None) -> KafkaMessage:
    """FastStream's message around the raw records; headers are read leniently by `records.read`."""
    return KafkaMessage(body=b"", raw_message=message, consumer=FAKE_CONSUMER)


async def _decode(message: KafkaMessage, _: Callable[..., Any] | None = None) -> Any:
    return message.raw_message


def _measure(batch: Sequence[Record]) -> None:
    moment = time.time()
    newest: dict[str, float] = {}
    applied: dict[str, int] = {}
    for record in batch:
        written = record.raw.timestamp / 1000
        newest[record.topic] = max(written, newest.get(record.topic, 0.0))
        if record.fault is None:
            applied[record.topic] = applied.get(record.topic, 0) + 1
    for topic, count in applied.items():
        CONSUMED.labels(topic, "applied").inc(count)
    for topic, written in newest.items():
        DELAY.labels(topic).observe(max(0.0, moment - written))
        HANDLED_AT.labels(topic).set(written)
