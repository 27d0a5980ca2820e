"""The log of interactions in Kafka."""

import asyncio
from collections.abc import Sequence

from faststream.kafka import KafkaBroker

from libs.common.contracts.profile import Interaction
from libs.common.contracts.topics import INTERACTION
from libs.common.errors import TryAgain
from libs.common.kafka.publisher import Publisher

# An answer takes a millisecond; longer than this and a call could not be answered in time anyway.
_PATIENCE = 2.0
_EVERY = 2.0


class KafkaLog:
    """Appends to `profile.interaction.v1`; `problem` is for Health and needs `watch` to run."""

    def __init__(self, broker: KafkaBroker, publisher: Publisher) -> None:
        self._broker = broker
        self._publisher = publisher
        self._problem: str | None = "Kafka has not been asked yet"

    async def ask(self) -> None:
        """Returns when Kafka has just answered. Raises TryAgain when it does not within 2 s."""
        if not await self._broker.ping(_PATIENCE):
            raise TryAgain("Kafka is away")

    async def append(self, interactions: Sequence[Interaction]) -> list[int]:
        """The offset of each, when all are acknowledged. Raises TryAgain."""
        sent = await self._publisher.send_many(
            [(INTERACTION, i.learner_key, i) for i in interactions]
        )
        return [each.offset for each in sent]

    def problem(self) -> str | None:
        return self._problem

    async def watch(self) -> None:
        """Asks now and then, until cancelled."""
        while True:
            answered = await self._broker.ping(_PATIENCE)
            self._problem = None if answered else "Kafka does not answer"
            await asyncio.sleep(_EVERY)
