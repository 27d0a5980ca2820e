"""Whether the log still has the record that was sent last: a broker may have come back without it."""

import asyncio
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from libs.common.contracts.topics import Topic
from libs.common.errors import TryAgain
from libs.common.kafka.publisher import Sent
from libs.common.kafka.records import read

SECONDS = 5.0
WAIT_MS = 100


class LogCheck:
    """A consumer for looking at single records; open it as a context."""

    def __init__(self, connection: Mapping[str, Any]) -> None:
        self._consumer = AIOKafkaConsumer(
            **connection, auto_offset_reset="earliest", fetch_max_wait_ms=10
        )

    async def __aenter__(self) -> "LogCheck":
        try:
            await self._consumer.start()
        except KafkaError as error:
            raise TryAgain(f"Kafka is away: {error!r}") from error
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._consumer.stop()

    async def has(self, topic: Topic, sent: Sent) -> bool:
        """Whether the record stands where it was sent. Raises TryAgain when Kafka does not say."""
        place = TopicPartition(topic.name, sent.partition)
        try:
            self._consumer.assign([place])
            self._consumer.seek(place, sent.offset)
            async with asyncio.timeout(SECONDS):
                return await self._first_is(place, sent)
        except (KafkaError, TimeoutError, OSError) as error:
            raise TryAgain(f"Kafka did not show a record: {error!r}") from error

    async def _first_is(self, place: TopicPartition, sent: Sent) -> bool:
        """ListOffsets is not asked: Tansu's is short by most of the last batch (*tried*)."""
        while True:
            batch = await self._consumer.getmany(place, timeout_ms=WAIT_MS)
            for raw in batch.get(place, ()):
                return (raw.offset, read(raw).id) == (sent.offset, sent.record_id)
            end = self._consumer.highwater(place)
            if end is not None and end <= sent.offset:
                return False
