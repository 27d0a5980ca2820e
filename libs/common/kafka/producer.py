"""The broker's producer, and the next one when it can go on no longer.

An idempotent producer numbers its batches in each partition. One that aiokafka gives up (its partition had
no leader for a request's time, or Kafka refused it) leaves a gap, and Kafka then refuses all that follows
it, for good. Java's client begins a new epoch there; aiokafka does not, so a new producer takes over.
"""

import asyncio
import contextlib
from functools import partial
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from aiokafka.structs import RecordMetadata
from faststream.exceptions import IncorrectState
from faststream.kafka.publisher.producer import AioKafkaFastProducerImpl

from libs.common.errors import TryAgain

Sending = asyncio.Future[RecordMetadata]
RETRY_SECONDS = 0.5
log = structlog.get_logger()


class Producing:
    """Sends through FastStream's producer what its `publish` cannot carry: binary headers, and many
    sends under way at once. `options` are those that the broker made its producer with."""

    def __init__(self, held: AioKafkaFastProducerImpl, options: dict[str, Any]) -> None:
        self._held = held
        self._options = options
        self._replacing: asyncio.Task[None] | None = None

    async def send(self, topic: str, **record: Any) -> Sending:
        """Hands a record (aiokafka's keywords) to the producer; the future ends when it is acknowledged.

        Raises TryAgain while the broker has not started, KafkaError when the producer does not take it.
        """
        producer = self._producer()
        try:
            sending: Sending = await producer.send(topic, **record)
        except MessageSizeTooLargeError:
            raise
        except KafkaError as error:
            if not error.retriable:
                self._replace(producer)
            raise
        sending.add_done_callback(partial(self._see, producer))
        return sending

    async def send_and_wait(self, topic: str, **record: Any) -> RecordMetadata:
        """Returns when the record is acknowledged; raises KafkaError when it is given up, and as `send`."""
        return await (await self.send(topic, **record))

    async def close(self) -> None:
        """Ends a replacement that is under way."""
        if self._replacing is not None:
            self._replacing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._replacing

    def _producer(self) -> AIOKafkaProducer:
        try:
            return self._held._producer.producer
        except IncorrectState as unstarted:
            raise TryAgain("Kafka has not been reached yet") from unstarted

    def _see(self, producer: AIOKafkaProducer, sending: Sending) -> None:
        if not sending.cancelled() and (error := sending.exception()) is not None:
            log.warning("record_given_up", error=repr(error))
            self._replace(producer)

    def _replace(self, worn: AIOKafkaProducer) -> None:
        under_way = self._replacing is not None and not self._replacing.done()
        if not under_way and self._held and worn is self._producer():
            self._replacing = asyncio.create_task(self._take_over(worn))

    async def _take_over(self, worn: AIOKafkaProducer) -> None:
        """What the worn producer still has is delivered or given up as soon as Kafka answers."""
        await self._connect()
        log.warning("producer_replaced")
        await worn.stop()

    async def _connect(self) -> None:
        """Puts a new producer in the place of the held one, trying for as long as it takes."""
        while True:
            producer = AIOKafkaProducer(**self._options)
            try:
                await self._held.connect(producer, self._held.serializer, self._held.codec)
                return
            except (KafkaError, OSError) as error:
                log.warning("kafka_away", error=str(error))
                await producer.stop()
            await asyncio.sleep(RETRY_SECONDS)
