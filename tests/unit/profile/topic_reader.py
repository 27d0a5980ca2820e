"""Reading a topic from its beginning."""

from typing import Any, NamedTuple

import msgspec
from aiokafka import AIOKafkaConsumer

from libs.common.contracts.topics import Topic


class Written(NamedTuple):
    """A record: its key, where it stands, the decoded value and its bytes."""

    key: str
    offset: int
    value: Any
    raw: bytes


async def read_topic(bootstrap: str, topic: Topic) -> list[Written]:
    """Every record up to the present end; in each partition in order."""
    [kind] = topic.values.values()
    consumer = AIOKafkaConsumer(
        topic.name, bootstrap_servers=bootstrap, auto_offset_reset="earliest", group_id=None
    )
    await consumer.start()
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        found = []
        for place, end in ends.items():
            while await consumer.position(place) < end:
                found += (await consumer.getmany(place, timeout_ms=50)).get(place, [])
    finally:
        await consumer.stop()
    return [
        Written(raw.key.decode(), raw.offset, msgspec.json.decode(raw.value, type=kind), raw.value)
        for raw in found
    ]
