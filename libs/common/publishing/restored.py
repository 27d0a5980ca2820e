"""After PostgreSQL was restored: its topics may know newer snapshots than the database does.

Whoever follows a topic ignores a revision that is not above the known one, and would keep to what it knows while
the database says something older. So the database takes back what its topics have that is newer, erasures among it, and
every revision is raised above its topic's. Nothing else may write meanwhile: the api starts afterwards.
"""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from libs.common.contracts.topics import Topic
from libs.common.database import writing
from libs.common.errors import TryAgain
from libs.common.kafka.lookup import end_offsets, looking
from libs.common.kafka.records import read
from libs.common.publishing.rows import BATCH, Source, republish

log = structlog.get_logger()

SECONDS = 60.0
WAIT_MS = 200

Write = Callable[[AsyncConnection, Sequence[Any]], Awaitable[None]]
"""Makes the rows of these snapshots say what the snapshots say, revision included."""


class Restored(NamedTuple):
    """taken: snapshots that the database did not know, or knew an older one of; raised: rows with a higher revision."""

    taken: int
    raised: int


async def restore(
    engine: AsyncEngine, connection: Mapping[str, Any], writers: Sequence[tuple[Source, Write]]
) -> Restored:
    """Takes back, raises, and has everything published again. Done twice, it does no more than done once.

    Raises TryAgain when Kafka is away, Unavailable when the database is.
    """
    taken = raised = 0
    async with looking(connection) as consumer:
        for source, write in writers:
            for place, end in (await _held(consumer, source.topic)).items():
                remaining = iter((await _newest(consumer, place, end)).items())
                while batch := dict(islice(remaining, BATCH)):
                    async with writing(engine) as transaction:
                        more = await _take_back(transaction, source, write, batch)
                    taken, raised = taken + more.taken, raised + more.raised
    async with writing(engine) as transaction:
        await republish(transaction, [source for source, _ in writers])
    log.info("database_restored", taken=taken, raised=raised)
    return Restored(taken, raised)


async def _take_back(
    transaction: AsyncConnection, source: Source, write: Write, batch: Mapping[str, Struct]
) -> Restored:
    known = await source.revisions(transaction, list(batch))
    newer = [each for key, each in batch.items() if known.get(key, 0) < _revision(each)]
    if newer:
        await write(transaction, newer)
    revisions = {key: _revision(snapshot) for key, snapshot in batch.items()}
    return Restored(len(newer), await source.raise_above(transaction, revisions))


async def _held(consumer: AIOKafkaConsumer, topic: Topic) -> dict[TopicPartition, int]:
    """Where the partitions end that have records."""
    places = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
    begins = await consumer.beginning_offsets(places)
    ends = await end_offsets(consumer, places, seconds=SECONDS)
    return {place: end for place, end in ends.items() if end > begins[place]}


async def _newest(
    consumer: AIOKafkaConsumer, place: TopicPartition, end: int
) -> Mapping[str, Struct]:
    """The snapshot with the highest revision of each key of a partition."""
    consumer.assign([place])
    await consumer.seek_to_beginning(place)
    found: dict[str, Struct] = {}
    heard = time.monotonic()
    while await consumer.position(place) < end:
        batch = await consumer.getmany(place, timeout_ms=WAIT_MS)
        for record in map(read, batch.get(place, ())):
            known = found.get(record.key)
            if record.value is not None and (
                known is None or _revision(known) < _revision(record.value)
            ):
                found[record.key] = record.value
        if batch:
            heard = time.monotonic()
        elif time.monotonic() - heard > SECONDS:
            raise TryAgain(f"{place.topic} could not be read to its end")
    return found


def _revision(snapshot: Any) -> int:
    revision: int = snapshot.revision
    return revision
