"""Consuming in batches: with a group (`consume_group`), or every partition without one (`consume_all`).

A batch is decoded by the topic table and given to the handler whole, in the order of each partition.
With a group the offsets of handled batches are committed in the background; they only serve lag
metrics where a projection keeps its own.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog
from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import KafkaError
from faststream.kafka import TopicPartition as Assigned

from libs.common.contracts.topics import Topic
from libs.common.errors import TryAgain
from libs.common.kafka.broker import Broker
from libs.common.kafka.consumption import Consumption, Place, batches
from libs.common.kafka.handling import Handler
from libs.common.kafka.metrics import CONSUMED
from libs.common.kafka.parking import Parking
from libs.common.kafka.records import Record
from libs.common.kafka.witnesses import Witnesses

MAX_RECORDS = 256
COMMIT_SECONDS = 1.0
PROVE_SECONDS = 15.0
SESSION_TIMEOUT_MS = 10_000
# A worker that waits for Redis polls no records; it keeps its partitions all the same.
MAX_POLL_INTERVAL_MS = 24 * 60 * 60 * 1000

log = structlog.get_logger()


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
    """Every partition, no group: counts and skips what is unusable, knows when it has caught up.

    A log that is another than the one read so far is read from its beginning, `PROVE_SECONDS` later at most.
    """

    def __init__(
        self,
        broker: Broker,
        name: str,
        subscriber: Any,
        handler: Handler,
        places: Sequence[TopicPartition],
        start: Callable[[], Mapping[Place, int]],
        proves: bool,
    ) -> None:
        super().__init__(broker, name, subscriber, handler, _skip, list)
        self._proves = proves
        self._reaching = broker.reaching
        self._witnesses = Witnesses()
        self._proving: asyncio.Task[None] | None = None
        self._places = places
        self._start = start
        self._begins: dict[TopicPartition, int] = {}
        self._ends: dict[TopicPartition, int] = {}
        self._behind = set(places)
        self._opened = asyncio.Event()

    async def open(self) -> None:
        """Called by the broker when it has started: from here on records count."""
        self._begins = await self.consumer.beginning_offsets(self._places)
        for (topic, partition), offset in self._start().items():
            self.consumer.seek(TopicPartition(topic, partition), offset)
        self._opened.set()
        if self._proves:
            self._proving = asyncio.create_task(self._prove_now_and_then())

    async def close(self) -> None:
        await super().close()
        if self._proving is not None:
            self._proving.cancel()
            await asyncio.gather(self._proving, return_exceptions=True)

    @property
    def caught_up(self) -> bool:
        """Whether everything that stood in the topics at the start has been handled; it stays so."""
        if self._behind and self._opened.is_set():
            self._behind = {place for place in self._behind if not self._reached(place)}
        return not self._behind

    def problem(self) -> str | None:
        return super().problem() or (None if self.caught_up else "the topics are not read yet")

    def _reached(self, place: TopicPartition) -> bool:
        """The end is the first fetch's high watermark: Tansu's ListOffsets is short by most of a batch."""
        if place not in self._ends:
            end = self.consumer.highwater(place)
            if end is None:
                return False
            self._ends[place] = end
        key = (place.topic, place.partition)
        begun, start = self._begins[place], self._start().get(key, 0)
        floor = start if begun <= start <= self._ends[place] else begun
        return max(self.handled.get(key, 0), floor) >= self._ends[place]

    async def _consume(self, batch: list[Record]) -> None:
        """What is fetched before the seeks of `open` is read again after them."""
        if not self._opened.is_set():
            await self._opened.wait()
            start = self._start()
            batch = [r for r in batch if (r.topic, r.partition) not in start]
        await super()._consume(batch)
        self._witnesses.saw(batch)

    async def _prove_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(PROVE_SECONDS)
            try:
                if lost := await self._witnesses.lost(self._reaching):
                    log.warning("logs_read_anew", consumer=self._name, partitions=len(lost))
                    await self.consumer.seek_to_beginning(*lost)
            except (TryAgain, KafkaError, OSError) as error:
                log.warning("logs_not_proven", consumer=self._name, error=str(error))


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
        **batches(max_records, broker.fetch_wait_ms),
    )
    return GroupConsumption(broker, group, subscriber, handler, Parking(broker.producing, group))


def consume_all(
    broker: Broker,
    topics: Sequence[Topic],
    *,
    handler: Handler,
    start: Mapping[Place, int] | Callable[[], Mapping[Place, int]] | None = None,
    max_records: int = MAX_RECORDS,
    least_fetch_wait_ms: int = 0,
    proves: bool = True,
) -> AllConsumption:
    """Reads every partition of the topics, from the offsets in `start` (read when the broker starts, if
    it is a function) or else from the beginning; an offset out of range begins there too. Who needs no record at
    once may wait longer for it: `least_fetch_wait_ms`. Who proves the logs by marks of its own: `proves=False`."""
    places = [TopicPartition(t.name, number) for t in topics for number in range(t.partitions)]
    subscriber = broker.subscriber(
        partitions=[Assigned(place.topic, place.partition) for place in places],
        **batches(max_records, max(least_fetch_wait_ms, broker.fetch_wait_ms)),
    )
    begin = start if callable(start) else lambda: start or {}
    name = "+".join(topic.name for topic in topics)
    return AllConsumption(broker, name, subscriber, handler, places, begin, proves)


async def _skip(record: Record, _: int) -> None:
    log.error("record_skipped", topic=record.topic, offset=record.offset, reason=record.fault)
    CONSUMED.labels(record.topic, "skipped").inc()
