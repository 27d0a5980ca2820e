"""What a producer cannot recover from: a batch that it numbered and gave up."""

import pytest
from aiokafka import TopicPartition

from libs.common.contracts.topics import SKILL
from libs.common.errors import TryAgain
from libs.common.kafka.broker import make_broker
from libs.common.kafka.provision import provision
from libs.common.kafka.publisher import Publisher, Sent
from libs.common.settings import KafkaSettings
from tests.factories.catalog import skill
from tests.support.waiting import until

pytestmark = pytest.mark.kafka


async def test_a_producer_with_a_gap_in_its_numbers_is_replaced(kafka_bootstrap: str) -> None:
    """Kafka refuses all that follows a batch which never came; a new producer goes on by itself."""
    await provision(kafka_bootstrap, topics=[SKILL])
    broker = make_broker(KafkaSettings(kafka_bootstrap=kafka_bootstrap), client_id="test")
    await broker.start()
    try:
        publisher = Publisher(broker, "test")
        first = await publisher.send(SKILL, "s", skill("s"))
        worn = broker.producing._producer()
        place = TopicPartition(SKILL.name, first.partition)
        worn._txn_manager.increment_sequence_number(place, 1)

        async def again() -> Sent | None:
            try:
                return await publisher.send(SKILL, "s", skill("s"))
            except TryAgain:
                return None

        assert await again() is None
        second = await until(again, lambda sent: sent is not None)
        assert second is not None
        assert second.offset == first.offset + 1
        assert broker.producing._producer() is not worn
    finally:
        await broker.stop()
