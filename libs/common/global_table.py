"""Compacted topics as dicts in memory. Whoever needs the catalog keeps it so: reads need no hop."""

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from libs.common.contracts.topics import BY_NAME, Topic
from libs.common.kafka.broker import Broker
from libs.common.kafka.consume import consume_all
from libs.common.kafka.records import Record

FETCH_WAIT_MS = 25
"""A change of the catalog may take so much longer to be seen: there are several of these in every process."""
Changed = Callable[[Topic, str, Struct], None]


class GlobalTables:
    """Tables of snapshots by key; a snapshot with a revision not above the known one is ignored.

    Construct it before the broker starts. `on_change` is called after each applied snapshot.
    """

    def __init__(
        self, broker: Broker, topics: Sequence[Topic], on_change: Changed | None = None
    ) -> None:
        self._tables: dict[str, dict[str, Any]] = {topic.name: {} for topic in topics}
        self._offsets = {topic.name: -1 for topic in topics}
        self._on_change = on_change
        self._consumption = consume_all(
            broker, topics, handler=self._handle, least_fetch_wait_ms=FETCH_WAIT_MS
        )

    def get(self, topic: Topic) -> dict[str, Any]:
        """The live table of a topic."""
        return self._tables[topic.name]

    def offset(self, topic: Topic) -> int:
        """The offset of the last record applied or passed over; -1 before the first."""
        return self._offsets[topic.name]

    @property
    def caught_up(self) -> bool:
        """Whether everything that stood in the topics at the start has been applied."""
        return self._consumption.caught_up

    def problem(self) -> str | None:
        """Why the tables may be behind, for Health; None when they are whole."""
        return self._consumption.problem()

    def apply(self, topic: Topic, key: str, value: Any) -> bool:
        """Takes a snapshot unless a revision at least as high is known; says whether it was taken."""
        table = self._tables[topic.name]
        known = table.get(key)
        if known is not None and known.revision >= value.revision:
            return False
        table[key] = value
        if self._on_change is not None:
            self._on_change(topic, key, value)
        return True

    async def _handle(self, batch: list[Record]) -> None:
        for record in batch:
            if record.value is not None:
                self.apply(BY_NAME[record.topic], record.key, record.value)
            self._offsets[record.topic] = record.offset
