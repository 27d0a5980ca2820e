"""The dead-letter topics: the raw record, with headers that say why, by whom and from where."""

import time
from collections.abc import Sequence

import structlog
from aiokafka import ConsumerRecord
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from libs.common.contracts.topics import BY_NAME
from libs.common.errors import TryAgain
from libs.common.kafka.metrics import CONSUMED
from libs.common.kafka.producer import Producing
from libs.common.kafka.records import Record

LONGEST_REASON = 1_000
PARKED_LIMIT, PARKED_SHARE = 100, 0.05
WINDOW_SECONDS = 120.0

Header = tuple[str, bytes | None]
log = structlog.get_logger()


class Parking:
    """Parks records for one consumer and knows whether too many were parked."""

    def __init__(self, producing: Producing, consumer: str) -> None:
        self._producing = producing
        self._consumer = consumer
        self._began = time.monotonic()
        self._parked = 0
        self._seen = 0

    def saw(self, records: int) -> None:
        """Counts handled records, against which the share of parked ones is judged."""
        self._turn()
        self._seen += records

    async def park(self, record: Record, attempts: int) -> None:
        """Returns when the record is safe in `<topic>.dlq`. Raises TryAgain when Kafka is away."""
        raw = record.raw
        note = {
            "reason": (record.fault or "")[:LONGEST_REASON],
            "consumer": self._consumer,
            "attempts": str(attempts),
            "partition": str(raw.partition),
            "offset": str(raw.offset),
        }
        headers = [*raw.headers, *((name, text.encode()) for name, text in note.items())]
        try:
            await self._send(raw, headers)
        except (KafkaError, OSError) as error:
            raise TryAgain(f"cannot park a record: {error!r}") from error
        log.error("record_parked", topic=raw.topic, **note)
        self._turn()
        self._parked += 1
        CONSUMED.labels(raw.topic, "parked").inc()

    async def _send(self, raw: ConsumerRecord, headers: Sequence[Header]) -> None:
        """A record with neither key nor value gets an empty value; one that the notes make too large, none."""
        topic = BY_NAME[raw.topic].dead_letters
        value = raw.value if raw.key is not None else raw.value or b""
        for body in (value, b""):
            try:
                await self._producing.send_and_wait(
                    topic, value=body, key=raw.key, partition=raw.partition, headers=headers
                )
                return
            except MessageSizeTooLargeError:
                if body == b"":
                    raise

    def problem(self) -> str | None:
        """Says so when lately at least 100 records, and more than one in twenty, were parked."""
        self._turn()
        if self._parked >= PARKED_LIMIT and self._parked > PARKED_SHARE * self._seen:
            return f"{self._parked} of {self._seen} records were parked"
        return None

    def _turn(self) -> None:
        """After two minutes the counts halve: what was parked long ago says nothing of now."""
        if time.monotonic() - self._began > WINDOW_SECONDS:
            self._began = time.monotonic()
            self._parked, self._seen = self._parked // 2, self._seen // 2
