"""The dead-letter topics: the raw record, with headers that say why, by whom and from where."""

from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker

from libs.common.contracts.topics import BY_NAME
from libs.common.errors import TryAgain
from libs.common.kafka.broker import producer_of
from libs.common.kafka.metrics import CONSUMED
from libs.common.kafka.records import Record

LONGEST_REASON = 1_000
PARKED_LIMIT, PARKED_SHARE = 100, 0.05


class Parking:
    """Parks records for one consumer and knows whether too many were parked."""

    def __init__(self, broker: KafkaBroker, consumer: str) -> None:
        self._broker = broker
        self._consumer = consumer
        self._parked = 0
        self._seen = 0

    def saw(self, records: int) -> None:
        """Counts handled records, against which the share of parked ones is judged."""
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
        try:
            await producer_of(self._broker).send_and_wait(
                BY_NAME[raw.topic].dead_letters,
                value=raw.value,
                key=raw.key,
                partition=raw.partition,
                headers=[*raw.headers, *((name, text.encode()) for name, text in note.items())],
            )
        except (KafkaError, OSError) as error:
            raise TryAgain(f"cannot park a record: {error!r}") from error
        self._parked += 1
        CONSUMED.labels(raw.topic, "parked").inc()

    def problem(self) -> str | None:
        """Says so when at least 100 records, and more than one in twenty, were parked."""
        if self._parked >= PARKED_LIMIT and self._parked > PARKED_SHARE * self._seen:
            return f"{self._parked} of {self._seen} records were parked"
        return None
