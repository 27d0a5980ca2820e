"""Which record stands at an offset: how a stored position is proven against a log.

Tansu answers ListOffsets with the offset behind the *first* record of its last batch (*tried*: 7 for a
log of 1 + 5 + 3 records), so an end offset may be too small by a batch. Hence nothing is concluded
from it but that the record before it exists: reading goes on from there, and the fetch's own high
watermark, which is right, says where the log ends.
"""

import time
from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition

from libs.common.errors import TryAgain
from libs.common.kafka.records import read

_POLL_MS = 200


async def record_ids(
    consumer: AIOKafkaConsumer, offsets: Mapping[TopicPartition, int], *, seconds: float
) -> dict[TopicPartition, str]:
    """The id of the record at each offset, for the logs that have one there.

    The consumer has no group and is used for nothing else. Raises TryAgain when a log does not answer
    in time, or KafkaError.
    """
    begins = await consumer.beginning_offsets(offsets)
    ends = await consumer.end_offsets(offsets)
    asked = {
        place: min(offset, ends[place] - 1)
        for place, offset in offsets.items()
        if begins[place] <= offset and begins[place] < ends[place]
    }
    consumer.assign(list(asked))
    for place, start in asked.items():
        consumer.seek(place, max(start, begins[place]))
    found: dict[TopicPartition, str] = {}
    deadline = time.monotonic() + seconds
    while asked:
        if time.monotonic() > deadline:
            raise TryAgain(f"{len(asked)} partitions did not answer within {seconds:g} s")
        for place, records in (await consumer.getmany(timeout_ms=_POLL_MS)).items():
            if place not in asked or not records:
                continue
            at = next((record for record in records if record.offset == offsets[place]), None)
            if at is not None:
                found[place] = read(at).id
            if records[-1].offset >= min(offsets[place], consumer.highwater(place) - 1):
                del asked[place]
                consumer.pause(place)
    return found
