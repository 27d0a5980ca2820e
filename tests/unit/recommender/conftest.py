"""A broker and a Redis of one test's own, so that it may empty, stop and replace them."""

import itertools
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import structlog

from deploy.local.child import Child
from deploy.local.embedded import tansu, valkey
from deploy.local.ports import free_port
from libs.common.contracts import redis_keys
from libs.common.contracts.redis_values import (
    LearnerState,
    Lookup,
    Offsets,
    Packed,
    StoredList,
)
from libs.common.contracts.topics import TOPICS, Topic
from libs.common.health import Health
from libs.common.kafka.broker import make_broker, wait_for_kafka
from libs.common.kafka.provision import provision
from libs.common.kafka.publisher import Publisher, Sent
from libs.common.settings import KafkaSettings
from services.recommender.settings import WorkerSettings
from services.recommender.store import connect
from services.recommender.worker.app import working
from services.recommender.worker.ownership import Ownership
from tests.unit.recommender.events import Event

PEPPER = "pepper of the recommender's tests"
_names = itertools.count()


@pytest.fixture(scope="session", autouse=True)
def plain_tracebacks() -> None:
    """A logged exception shows no locals: rendering those of a failed batch takes longer than any test."""
    renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    processors = structlog.get_config()["processors"]
    structlog.configure(processors=[*processors[:-1], renderer])


class Part:
    """A started program that can be replaced by a fresh one on the same port."""

    def __init__(self, child: Child) -> None:
        self.child = child

    async def replace(self) -> None:
        """Kills it and starts it again: what it had in memory is gone."""
        await self.child.kill()
        self.child = await Child.start(self.child.program)
        await self.child.until_ready()


class Stack:
    """The parts, and how a test speaks to them."""

    def __init__(
        self, broker: Part, redis: Part, redis_url: str, bootstrap: str, model_store: Path
    ) -> None:
        self.model_store = model_store
        self.broker = broker
        self.redis = redis
        self.redis_url = redis_url
        self.bootstrap = bootstrap
        self.client = connect(redis_url)
        self.health = Health()
        self._running = AsyncExitStack()
        self._publishing = AsyncExitStack()
        self._publisher: Publisher | None = None

    def environment(self, **parts: str) -> dict[str, str]:
        """What a process of the recommender is told."""
        return {
            **os.environ,
            "STACKWISE_KAFKA_BOOTSTRAP": self.bootstrap,
            "STACKWISE_KAFKA_IDEMPOTENCE": "false",
            "STACKWISE_REDIS_URL": self.redis_url,
            "STACKWISE_LOOKUP_PEPPER": PEPPER,
            "STACKWISE_MODEL_STORE": str(self.model_store),
            **{f"STACKWISE_{name.upper()}": value for name, value in parts.items()},
        }

    def settings(self, **parts: object) -> WorkerSettings:
        """The settings of a worker in this process."""
        return WorkerSettings(
            kafka_bootstrap=self.bootstrap,
            kafka_idempotence=False,
            redis_url=self.redis_url,
            lookup_pepper=PEPPER,
            model_store=str(self.model_store),
            port=1,
            **parts,
        )

    async def work(self, stack: AsyncExitStack | None = None) -> Ownership:
        """Starts a worker in this process, which runs until the test ends; `health` is the newest one's."""
        self.health = Health()
        settings = self.settings(worker_instance=f"worker-{next(_names)}")
        return await (stack or self._running).enter_async_context(working(settings, self.health))

    async def provision(self) -> None:
        """Creates the topics."""
        settings = self.settings()
        await wait_for_kafka(settings)
        await provision(self.bootstrap, topics=TOPICS)

    async def send(self, *events: tuple[Topic, str, Event]) -> list[Sent]:
        """Publishes events, each to its topic and key."""
        return await (await self._connected()).send_many(events)

    async def disconnect(self) -> None:
        """Closes the publisher; the next send opens another."""
        self._publisher = None
        await self._publishing.aclose()

    async def _connected(self) -> Publisher:
        if self._publisher is None:
            kafka = KafkaSettings(kafka_bootstrap=self.bootstrap, kafka_idempotence=False)
            broker = make_broker(kafka, client_id="tests")
            await broker.start()
            self._publishing.push_async_callback(broker.stop)
            self._publisher = Publisher(broker, "tests")
        return self._publisher

    async def state(self, partition: int, key: str) -> LearnerState | None:
        """A learner's stored state."""
        return Packed(LearnerState).unpack(await self.client.get(redis_keys.state(partition, key)))

    async def ranked(self, partition: int, key: str) -> StoredList | None:
        """A learner's stored list."""
        return Packed(StoredList).unpack(await self.client.get(redis_keys.ranked(partition, key)))

    async def offsets(self, partition: int) -> Offsets | None:
        """A partition's stored offsets."""
        return Packed(Offsets).unpack(await self.client.get(redis_keys.offsets(partition)))

    async def lookup(self, learner_id: str) -> Lookup | None:
        """Where a learner id of partner `partner` leads."""
        key = redis_keys.lookup(PEPPER, "partner", learner_id)
        return Packed(Lookup).unpack(await self.client.get(key))

    async def close(self) -> None:
        """Ends workers, connections and parts."""
        await self._running.aclose()
        await self.disconnect()
        await self.client.aclose()
        await self.broker.child.stop()
        await self.redis.child.stop()


@pytest.fixture
async def stack(tmp_path: Path) -> AsyncIterator[Stack]:
    """A running broker with its topics, and a running Redis."""
    port = free_port()
    broker = await Child.start(tansu.program(tmp_path / "broker.log", port))
    server = valkey.prepare(tmp_path / "redis", tmp_path / "redis.log", free_port())
    redis = await Child.start(server.program)
    opened = Stack(Part(broker), Part(redis), server.url, f"127.0.0.1:{port}", tmp_path / "models")
    try:
        await broker.until_ready()
        await redis.until_ready()
        await opened.provision()
        yield opened
    finally:
        await opened.close()
