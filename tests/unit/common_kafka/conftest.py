"""A provisioned broker, and a running process's worth of Kafka for one test."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from libs.common.kafka.broker import Broker, make_broker
from libs.common.kafka.provision import provision
from libs.common.settings import KafkaSettings

MakeBroker = Callable[[], Broker]


@pytest.fixture(scope="session")
async def topics(kafka_bootstrap: str) -> str:
    """The bootstrap address of a broker that has every topic."""
    await provision(kafka_bootstrap)
    return kafka_bootstrap


@pytest.fixture
def new_broker(topics: str) -> MakeBroker:
    """Makes brokers as a process does; tests start and stop them."""
    settings = KafkaSettings(kafka_bootstrap=topics, kafka_idempotence=False)
    return lambda: make_broker(settings, client_id="test")


@asynccontextmanager
async def _started(broker: Broker) -> AsyncIterator[Broker]:
    await broker.start()
    try:
        yield broker
    finally:
        await broker.stop()


@pytest.fixture
def started() -> Callable[[Broker], AbstractAsyncContextManager[Broker]]:
    """Runs a broker for a block."""
    return _started
