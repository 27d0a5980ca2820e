"""Publishing: CloudEvents in Kafka's binary mode, acknowledged by every replica before a call returns."""

import asyncio
import uuid
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, RecordListTooLargeError
from msgspec import Struct
from opentelemetry.propagate import inject

from libs.common.background import being_cancelled
from libs.common.clock import now
from libs.common.contracts.topics import Topic
from libs.common.errors import TryAgain, UnusableMessage
from libs.common.kafka.broker import Broker
from libs.common.kafka.metrics import PUBLISHED
from libs.common.kafka.producer import Sending

Header = tuple[str, bytes]
SEND_SECONDS = 5.0
_FOR_GOOD = (MessageSizeTooLargeError, RecordListTooLargeError)


class Sent(NamedTuple):
    """Where a record stands."""

    partition: int
    offset: int
    record_id: str


class Message(NamedTuple):
    """A record to send."""

    topic: Topic
    key: str
    value: Struct


class Publisher:
    """Sends through a started broker. `source` names the service in `ce_source`."""

    def __init__(self, broker: Broker, source: str) -> None:
        self._broker = broker
        self._source = source
        self._encode = msgspec.json.Encoder().encode

    async def send(self, topic: Topic, key: str, value: Struct) -> Sent:
        """Sends one record. Raises TryAgain when it was not acknowledged in time; it may be in the log."""
        return (await self.send_many([(topic, key, value)]))[0]

    async def send_many(
        self,
        messages: Sequence[tuple[Topic, str, Struct]],
        *,
        seconds: float | None = SEND_SECONDS,
    ) -> list[Sent]:
        """Sends all at once, per partition in this order; returns when all are acknowledged.

        Raises TryAgain after `seconds` (None: never) or when one was refused, UnusableMessage when
        one is refused whenever it is sent; any of them may be in the log, now or later.
        """
        try:
            async with asyncio.timeout(seconds):
                return await self._send_all([Message(*message) for message in messages])
        except _FOR_GOOD as error:
            PUBLISHED.labels("failed").inc(len(messages))
            raise UnusableMessage(f"Kafka takes no such record: {error!r}") from error
        except (KafkaError, TimeoutError, OSError) as error:
            PUBLISHED.labels("failed").inc(len(messages))
            raise TryAgain(f"Kafka did not take the records: {error!r}") from error
        except asyncio.CancelledError as error:
            if being_cancelled():
                raise
            PUBLISHED.labels("failed").inc(len(messages))
            raise TryAgain("the producer gave the records up") from error

    async def _send_all(self, messages: Sequence[Message]) -> list[Sent]:
        ids = [_id_of(message) for message in messages]
        pending = [
            await self._begin(message, id) for message, id in zip(messages, ids, strict=True)
        ]
        records = await asyncio.gather(*(asyncio.shield(each) for each in pending))
        PUBLISHED.labels("acknowledged").inc(len(messages))
        return [
            Sent(record.partition, record.offset, id)
            for record, id in zip(records, ids, strict=True)
        ]

    async def _begin(self, message: Message, id: str) -> Sending:
        """Hands a record to the producer, retrying while it has no connection; the caller bounds the time."""
        while True:
            try:
                return await self._broker.producing.send(
                    message.topic.name,
                    value=self._encode(message.value),
                    key=message.key.encode(),
                    headers=self._headers(message, id),
                )
            except KafkaError as error:
                if not error.retriable:
                    raise
            await asyncio.sleep(0.05)

    def _headers(self, message: Message, id: str) -> list[Header]:
        carrier: dict[str, str] = {}
        inject(carrier)
        headers = {
            "ce_specversion": "1.0",
            "ce_id": id,
            "ce_type": _type_of(message),
            "ce_source": f"/stackwise/{self._source}",
            "ce_time": now().isoformat(),
            "content-type": "application/json",
            **carrier,
        }
        return [(name, value.encode()) for name, value in headers.items()]


def _id_of(message: Message) -> str:
    id_of = message.topic.id_of
    return uuid.uuid4().hex if id_of is None else id_of(message.value)


def _type_of(message: Message) -> str:
    kind = type(message.value)
    return next(name for name, known in message.topic.values.items() if known is kind)
