"""The log of what widgets report, in Kafka."""

from collections.abc import Sequence

from libs.common.contracts.exposure import Exposure
from libs.common.contracts.topics import EXPOSURE
from libs.common.kafka.publisher import Publisher
from services.gateway.breaker import Breaker

PATIENCE_SECONDS = 1.0


class KafkaExposures:
    """Appends to `gateway.exposure.v1`; while Kafka is away only one call a second waits for it."""

    def __init__(self, publisher: Publisher, breaker: Breaker) -> None:
        self._publisher = publisher
        self._breaker = breaker

    async def append(self, exposures: Sequence[Exposure]) -> None:
        """Returns when all are acknowledged. Raises TryAgain; they may be in the log then."""
        messages = [(EXPOSURE, EXPOSURE.key_of(each), each) for each in exposures]
        with self._breaker.guarding():
            await self._publisher.send_many(messages, seconds=PATIENCE_SECONDS)
