"""Whether the logs are still those that were read: a topic may be made anew, and outgrow the offset reached."""

from collections.abc import Mapping, Sequence
from typing import Any

from aiokafka import TopicPartition

from libs.common.kafka.lookup import looking, record_ids
from libs.common.kafka.records import Record

SECONDS = 15.0


class Witnesses:
    """The last handled record of each partition, which its log must have."""

    def __init__(self) -> None:
        self._last: dict[TopicPartition, Record] = {}

    def saw(self, batch: Sequence[Record]) -> None:
        """The batch has been handled."""
        self._last |= {TopicPartition(each.topic, each.partition): each for each in batch}

    async def lost(self, connection: Mapping[str, Any]) -> list[TopicPartition]:
        """The partitions whose log is another now; they have no witness then. Raises TryAgain or KafkaError.

        A record that compaction took has been followed by a newer one: which was handled meanwhile, or that log is
        read once too often.
        """
        before = dict(self._last)
        if not before:
            return []
        offsets = {place: record.offset for place, record in before.items()}
        async with looking(connection) as consumer:
            found = await record_ids(consumer, offsets, seconds=SECONDS)
        lost = [
            place
            for place, record in before.items()
            if found.get(place) != record.id and self._last[place] is record
        ]
        for place in lost:
            del self._last[place]
        return lost
