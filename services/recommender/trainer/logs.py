"""The logs that the trainer reads: where to read on, and whether they are still the same logs.

A mark whose record is not in the log (it is another log, or retention or compaction took it) says
nothing: that log is read from its beginning, which is always safe, because merges are idempotent.
"""

import asyncio
import time
from collections.abc import Callable, Mapping

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from libs.common.contracts import topics
from libs.common.errors import TryAgain
from libs.common.kafka.connection import connection
from libs.common.kafka.consume import AllConsumption
from libs.common.kafka.lookup import end_offsets, looking, record_ids
from libs.common.settings import KafkaSettings
from services.recommender.trainer.archive import Marks

log = structlog.get_logger()

LOGS = (topics.LEARNER, topics.INTERACTION)
CHECK_SECONDS = 30.0


class Logs:
    """The running consumptions of the learners' logs and of the item side, and the marks reached."""

    def __init__(
        self,
        settings: KafkaSettings,
        marks: Marks,
        *,
        learners: AllConsumption,
        item_side: AllConsumption,
    ) -> None:
        self._settings = settings
        self._marks = marks
        self._learners = learners
        self._item_side = item_side

    @property
    def caught_up(self) -> bool:
        """Whether the learners' logs have been read as far as they went at the start."""
        return self._learners.caught_up

    async def item_side_end(self) -> int:
        """The item-side topic's end offset, which may be short by the last batch (Tansu). Raises TryAgain."""
        place = TopicPartition(topics.ITEM_SIDE.name, 0)
        try:
            ends = await self._item_side.consumer.end_offsets([place])
        except (KafkaError, OSError) as error:
            raise TryAgain(f"the item side's end is not known: {error!r}") from error
        return int(ends[place])

    async def hear_again(self) -> None:
        """Reads the item-side topic from its beginning: it is another than the one read so far. Raises TryAgain."""
        place = TopicPartition(topics.ITEM_SIDE.name, 0)
        try:
            await self._item_side.consumer.seek_to_beginning(place)
        except (KafkaError, OSError) as error:
            raise TryAgain(f"the item side cannot be read again: {error!r}") from error

    async def prove(self) -> None:
        """Reads every log whose mark does not hold from its beginning. Raises TryAgain."""
        before = dict(self._marks)
        good = await proven(self._settings, before)
        lost = [place for place in before if place not in good]
        try:
            for place in lost:
                await self._learners.consumer.seek_to_beginning(TopicPartition(*place))
                self._marks.pop(place, None)
        except (KafkaError, OSError) as error:
            raise TryAgain(f"the logs cannot be read again: {error!r}") from error

    async def read_to_the_end(self, seconds: float) -> None:
        """Waits until what the logs hold now has been applied; the rest is read at the next start."""
        places = [TopicPartition(topic.name, n) for topic in LOGS for n in range(topic.partitions)]
        try:
            async with looking(connection(self._settings)) as consumer:
                begins = await consumer.beginning_offsets(places)
                ends = await end_offsets(consumer, places, seconds=seconds)
            held = {place: end for place, end in ends.items() if end > begins[place]}
            await until(lambda: self._applied(held), seconds, "the logs")
        except TryAgain as error:
            log.warning("stopped_before_the_logs_end", error=str(error))

    def _applied(self, ends: Mapping[TopicPartition, int]) -> bool:
        """Whether each log has been applied as far as that."""
        reached = ((self._marks.get((p.topic, p.partition)), end) for p, end in ends.items())
        return all(mark is not None and mark.offset + 1 >= end for mark, end in reached)


async def until(reached: Callable[[], bool], seconds: float, what: str) -> None:
    """Returns when `reached`. Raises TryAgain after `seconds`."""
    deadline = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > deadline:
            raise TryAgain(f"{what} could not be read to the end within {seconds:g} s")
        await asyncio.sleep(0.02)


async def proven(settings: KafkaSettings, marks: Marks) -> Marks:
    """The marks whose record is where they say. Raises TryAgain when Kafka does not say in time."""
    if not marks:
        return {}
    offsets = {TopicPartition(*place): mark.offset for place, mark in marks.items()}
    async with looking(connection(settings)) as consumer:
        found = await record_ids(consumer, offsets, seconds=CHECK_SECONDS)
    good = {
        place: mark
        for place, mark in marks.items()
        if found.get(TopicPartition(*place)) == mark.record_id
    }
    if len(good) < len(marks):
        log.warning("logs_read_from_their_beginning", partitions=len(marks) - len(good))
    return good
