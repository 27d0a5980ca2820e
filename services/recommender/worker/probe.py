"""Looking into logs beside the group: where they begin and end, and which record stands at an offset."""

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from libs.common.contracts.redis_values import Mark
from libs.common.errors import TryAgain
from libs.common.kafka.connection import connection
from libs.common.kafka.lookup import end_offsets, looking
from libs.common.kafka.records import read
from libs.common.settings import KafkaSettings

PROBE_SECONDS = 15.0


class Extent(NamedTuple):
    """A log's first offset and the one that its next record will get."""

    begin: int
    end: int

    def holds(self, offset: int) -> bool:
        """Whether the log may have a record at this offset."""
        return self.begin <= offset < self.end


class Probe:
    """An open consumer without a group. Everything raises TryAgain when Kafka does not answer in time."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer

    async def extents(self, places: Sequence[TopicPartition]) -> dict[TopicPartition, Extent]:
        """Where each log begins and ends now."""
        try:
            begins = await self._consumer.beginning_offsets(places)
            ends = await end_offsets(self._consumer, places, seconds=PROBE_SECONDS)
        except (KafkaError, OSError) as error:
            raise TryAgain(f"the logs' ends are not known: {error!r}") from error
        return {place: Extent(begins[place], ends[place]) for place in places}

    async def first_records(
        self, starts: Mapping[TopicPartition, int]
    ) -> dict[TopicPartition, Mark]:
        """The first record at or after each offset; every log must have one there."""
        found: dict[TopicPartition, Mark] = {}
        if not starts:
            return found
        deadline = time.monotonic() + PROBE_SECONDS
        try:
            self._consumer.assign(list(starts))
            for place, offset in starts.items():
                self._consumer.seek(place, offset)
            while len(found) < len(starts):
                if time.monotonic() > deadline:
                    raise TryAgain(f"{len(starts) - len(found)} logs did not answer in time")
                for place, records in (await self._consumer.getmany(timeout_ms=200)).items():
                    if records and place not in found:
                        found[place] = Mark(records[0].offset, read(records[0]).id)
                        self._consumer.pause(place)
        except (KafkaError, OSError) as error:
            raise TryAgain(f"the logs cannot be read: {error!r}") from error
        return found


@asynccontextmanager
async def probing(settings: KafkaSettings) -> AsyncIterator[Probe]:
    """A probe, closed at the end. Raises TryAgain when Kafka is away."""
    async with looking(connection(settings)) as consumer:
        yield Probe(consumer)
