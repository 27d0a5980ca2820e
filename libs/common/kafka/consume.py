"""Consuming in batches: with a group (`consume_group`), or every partition without one (`consume_all`).

A batch is decoded by the topic table and given to the handler whole, in the order of each partition.
With a group the offsets of handled batches are committed in the background; they only serve lag
metrics where a projection keeps its own.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import TopicPartition as Assigned
from faststream.kafka.message import FAKE_CONSUMER, KafkaMessage
from opentelemetry import trace

from libs.common.contracts.topics import Topic
from libs.common.kafka.broker import Broker
from libs.common.kafka.handling import Abandoned, Handler, Handling, Keep, Park
from libs.common.kafka.metrics import CONSUMED, DELAY, HANDLED_AT
from libs.common.kafka.parking import Parking
from libs.common.kafka.records import Record, read

MAX_RECORDS = 256
FETCH_WAIT_MS = 10
BATCH_TIMEOUT_MS = 5
COMMIT_SECONDS = 1.0
SILENT_SECONDS = 30.0
SESSION_TIMEOUT_MS = 10_000
# A worker that waits for Redis polls no records; it keeps its partitions all the same.
MAX_POLL_INTERVAL_MS = 24 * 60 * 60 * 1000

Place = tuple[str, int]
log = structlog.get_logger()
tracer = trace.get_tracer(__name__)


class Consumption:
    """One subscription of a process. `problem` is for Health; `consumer` may seek, pause and resume."""

    def __init__(
        self, broker: Broker, name: str, subscriber: Any, handler: Handler, park: Park, keep: Keep
    ) -> None:
        self._name = name
        self._subscriber = subscriber
        self._stopping = asyncio.Event()
        self._handling = Handling(name, handler, park, keep, self._stopping)
        self.handled: dict[Place, int] = {}
        broker.consumptions.append(self)
        subscriber(self._consume)

    @property
    def consumer(self) -> AIOKafkaConsumer:
        """aiokafka's consumer, once the broker has started."""
        return self._subscriber.consumer

    async def open(self) -> None:
        """Called by the broker when it has started."""

    async def close(self) -> None:
        """Ends waiting retries; the broker then waits for the batch that is being handled."""
        self._stopping.set()

    def problem(self) -> str | None:
        """Why this consumer is not well; None when it is."""
        if self._subscriber.consumer is None or not self._subscriber.tasks:
            return "the consumer has not started"
        if all(task.done() for task in self._subscriber.tasks):
            return "the consumer is dead"
        assigned = self.consumer.assignment()
        if not assigned:
            return "no partition is assigned"
        newest = max(self.consumer.last_poll_timestamp(place) for place in assigned)
        silent = time.time() - newest / 1000
        return f"Kafka has been silent for {silent:.0f} s" if silent > SILENT_SECONDS else None

    async def _consume(self, batch: list[Record]) -> None:
        if self._stopping.is_set():
            raise Abandoned(self._name)
        with tracer.start_as_current_span(f"consume {self._name}", kind=trace.SpanKind.CONSUMER):
            await self._handling.handle(batch)
        for record in batch:
            self.handled[record.topic, record.partition] = record.offset + 1
        _measure(batch)


class GroupConsumption(Consumption):
    """With a group: parks what is unusable, commits in the background."""

    def __init__(
        self, broker: Broker, name: str, subscriber: Any, handler: Handler, parking: Parking
    ) -> None:
        self._parking = parking
        super().__init__(broker, name, subscriber, handler, parking.park, self._ours)
        self._committing: asyncio.Task[None] | None = None

    async def open(self) -> None:
        self._committing = asyncio.create_task(self._commit_now_and_then())

    async def close(self) -> None:
        await super().close()
        if self._committing is not None:
            self._committing.cancel()
            await asyncio.gather(self._committing, return_exceptions=True)
            await self._commit()

    def problem(self) -> str | None:
        return super().problem() or self._parking.problem()

    def _ours(self, batch: list[Record]) -> list[Record]:
        assigned = self.consumer.assignment()
        return [r for r in batch if TopicPartition(r.topic, r.partition) in assigned]

    async def _consume(self, batch: list[Record]) -> None:
        await super()._consume(batch)
        self._parking.saw(len(batch))

    async def _commit_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(COMMIT_SECONDS)
            await self._commit()

    async def _commit(self) -> None:
        assigned = self.consumer.assignment()
        offsets = {
            place: offset
            for (topic, partition), offset in self.handled.items()
            if (place := TopicPartition(topic, partition)) in assigned
        }
        self.handled.clear()
        try:
            if offsets:
                await self.consumer.commit(offsets)
        except KafkaError as error:
            log.warning("commit_failed", consumer=self._name, error=repr(error))


class AllConsumption(Consumption):
    """Every partition, no group: counts and skips what is unusable, knows when it has caught up."""

    def __init__(
        self,
        broker: Broker,
        name: str,
        subscriber: Any,
        handler: Handler,
        places: Sequence[TopicPartition],
        start: Callable[[], Mapping[Place, int]],
    ) -> None:
        super().__init__(broker, name, subscriber, handler, _skip, list)
        self._places = places
        self._start = start
        self._ends: dict[Place, int] | None = None
        self._opened = asyncio.Event()

    async def open(self) -> None:
        for (topic, partition), offset in self._start().items():
            self.consumer.seek(TopicPartition(topic, partition), offset)
        begins = await self.consumer.beginning_offsets(self._places)
        ends = await self.consumer.end_offsets(self._places)
        self._ends = {
            (place.topic, place.partition): end
            for place, end in ends.items()
            if end > begins[place]
        }
        self._opened.set()

    @property
    def caught_up(self) -> bool:
        """Whether everything that stood in the topics at the start has been handled."""
        return self._ends is not None and all(
            self.handled.get(place, 0) >= end for place, end in self._ends.items()
        )

    def problem(self) -> str | None:
        return super().problem() or (None if self.caught_up else "the topics are not read yet")

    async def _consume(self, batch: list[Record]) -> None:
        """What is fetched before the seeks of `open` is read again after them."""
        if not self._opened.is_set():
            await self._opened.wait()
            start = self._start()
            batch = [r for r in batch if (r.topic, r.partition) not in start]
        await super()._consume(batch)


def consume_group(
    broker: Broker,
    topics: Sequence[Topic],
    *,
    group: str,
    handler: Handler,
    instance_id: str | None = None,
    listener: ConsumerRebalanceListener | None = None,
    max_records: int = MAX_RECORDS,
) -> GroupConsumption:
    """Subscribes a group. `instance_id` makes its membership static; the range assignor gives equal
    partitions of the topics to one member. Offsets not committed begin at the log's beginning."""
    subscriber = broker.subscriber(
        *(topic.name for topic in topics),
        group_id=group,
        group_instance_id=instance_id,
        partition_assignment_strategy=(RangePartitionAssignor,),
        session_timeout_ms=SESSION_TIMEOUT_MS,
        heartbeat_interval_ms=SESSION_TIMEOUT_MS // 5,
        max_poll_interval_ms=MAX_POLL_INTERVAL_MS,
        listener=listener,
        **_batches(max_records),
    )
    return GroupConsumption(broker, group, subscriber, handler, Parking(broker, group))


def consume_all(
    broker: Broker,
    topics: Sequence[Topic],
    *,
    handler: Handler,
    start: Mapping[Place, int] | Callable[[], Mapping[Place, int]] | None = None,
    max_records: int = MAX_RECORDS,
) -> AllConsumption:
    """Reads every partition of the topics, from the offsets in `start` (read when the broker starts, if
    it is a function) or else from the beginning; an offset out of range begins there too."""
    places = [TopicPartition(t.name, number) for t in topics for number in range(t.partitions)]
    subscriber = broker.subscriber(
        partitions=[Assigned(place.topic, place.partition) for place in places],
        **_batches(max_records),
    )
    begin = start if callable(start) else lambda: start or {}
    name = "+".join(topic.name for topic in topics)
    return AllConsumption(broker, name, subscriber, handler, places, begin)


def _batches(max_records: int) -> dict[str, Any]:
    return {
        "batch": True,
        "max_records": max_records,
        "batch_timeout_ms": BATCH_TIMEOUT_MS,
        "fetch_max_wait_ms": FETCH_WAIT_MS,
        "auto_offset_reset": "earliest",
        "ack_policy": AckPolicy.MANUAL,
        "parser": _parse,
        "decoder": _decode,
    }


async def _parse(message: Any, _: Callable[..., Awaitable[Any]] | None = None) -> KafkaMessage:
    """FastStream's message around the raw records; headers are read leniently by `records.read`."""
    return KafkaMessage(body=b"", raw_message=message, consumer=FAKE_CONSUMER)


async def _decode(message: KafkaMessage, _: Callable[..., Any] | None = None) -> list[Record]:
    return [read(raw) for raw in message.raw_message]


async def _skip(record: Record, _: int) -> None:
    log.error("record_skipped", topic=record.topic, offset=record.offset, reason=record.fault)
    CONSUMED.labels(record.topic, "skipped").inc()


def _measure(batch: Sequence[Record]) -> None:
    moment = time.time()
    newest: dict[str, float] = {}
    for record in batch:
        written = record.raw.timestamp / 1000
        newest[record.topic] = max(written, newest.get(record.topic, 0.0))
        if record.fault is None:
            CONSUMED.labels(record.topic, "applied").inc()
    for topic, written in newest.items():
        DELAY.labels(topic).observe(max(0.0, moment - written))
        HANDLED_AT.labels(topic).set(written)
