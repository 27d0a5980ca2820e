"""Where logs really end, and which record stands at an offset: how a stored position is proven.

Tansu answers ListOffsets with the offset behind the *first* record of its last batch (*tried*: 7 for a
log of 1 + 5 + 3 records), so that end may be short by a batch. The high watermark that comes with a
fetch is right, on Tansu and on Apache Kafka; hence one fetch of the last batch of each log.

The consumer given has no group and is used for nothing else meanwhile.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from libs.common.errors import TryAgain
from libs.common.kafka.records import id_of

_POLL_MS = 200
_ONE_RECORD_BYTES = 16 * 1024
_Seen = Callable[[TopicPartition, list[ConsumerRecord]], None]


@asynccontextmanager
async def looking(connection: Mapping[str, Any]) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer beside the running ones, closed at the end. Raises TryAgain when Kafka is away."""
    consumer = AIOKafkaConsumer(
        **connection,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=10,
        max_partition_fetch_bytes=_ONE_RECORD_BYTES,
    )
    try:
        await consumer.start()
        await asyncio.sleep(0)  # aiokafka's stop raises CancelledError for a task that never ran
        yield consumer
    except (KafkaError, OSError) as error:
        raise TryAgain(f"the logs cannot be looked into: {error!r}") from error
    finally:
        await consumer.stop()


async def end_offsets(
    consumer: AIOKafkaConsumer, places: Iterable[TopicPartition], *, seconds: float
) -> dict[TopicPartition, int]:
    """The offset that each log's next record will get. Raises TryAgain after `seconds`, or KafkaError."""
    places = list(places)
    begins = await consumer.beginning_offsets(places)
    ends: dict[TopicPartition, int] = dict(await consumer.end_offsets(places))
    last = {place: end - 1 for place, end in ends.items() if end > begins[place]}

    def seen(place: TopicPartition, _: list[ConsumerRecord]) -> None:
        ends[place] = max(ends[place], consumer.highwater(place) or 0)

    await _fetch(consumer, last, seen, seconds)
    return ends


async def record_ids(
    consumer: AIOKafkaConsumer, offsets: Mapping[TopicPartition, int], *, seconds: float
) -> dict[TopicPartition, str]:
    """The id of the record at each offset, for the logs that have one there.

    Raises TryAgain after `seconds`, or KafkaError.
    """
    begins = await consumer.beginning_offsets(offsets)
    ends = await end_offsets(consumer, offsets, seconds=seconds)
    held = {p: offset for p, offset in offsets.items() if begins[p] <= offset < ends[p]}
    found: dict[TopicPartition, str] = {}

    def seen(place: TopicPartition, records: list[ConsumerRecord]) -> None:
        if records[0].offset == held[place]:
            found[place] = id_of(records[0])

    await _fetch(consumer, held, seen, seconds)
    return found


async def _fetch(
    consumer: AIOKafkaConsumer,
    starts: Mapping[TopicPartition, int],
    seen: _Seen,
    seconds: float,
) -> None:
    """Shows `seen` what is fetched first from each start."""
    waiting = set(starts)
    consumer.assign(waiting)
    for place, offset in starts.items():
        consumer.seek(place, offset)
    deadline = time.monotonic() + seconds
    while waiting:
        if time.monotonic() > deadline:
            raise TryAgain(f"{len(waiting)} logs did not answer within {seconds:g} s")
        for place, records in (await consumer.getmany(timeout_ms=_POLL_MS)).items():
            if records and place in waiting:
                seen(place, records)
                waiting.discard(place)
                consumer.pause(place)
