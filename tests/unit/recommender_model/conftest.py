import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from deploy.local.child import Child
from deploy.local.embedded import tansu
from deploy.local.ports import free_port
from libs.common.contracts import topics
from libs.common.contracts.catalog import Credential
from libs.common.health import Health
from libs.common.kafka.broker import Broker, make_broker, wait_for_kafka
from libs.common.kafka.provision import provision
from libs.common.kafka.publisher import Publisher
from libs.common.settings import KafkaSettings
from services.recommender.item_side import ItemSideFollower
from services.recommender.model.training import Tuned, Tuning
from services.recommender.trainer.app import running
from services.recommender.trainer.settings import Settings
from services.recommender.trainer.trainer import Trainer
from tests.unit.recommender_model.events import Event

TWO_FACTORS = Tuning(factors=2, alpha=30.0, regularization=1.0, iterations=15)


@dataclass
class Log:
    """A broker of the test's own, so that it can be lost; it forgets everything when it stops."""

    folder: Path
    port: int = field(default_factory=free_port)
    child: Child | None = None

    @property
    def settings(self) -> KafkaSettings:
        return KafkaSettings(kafka_bootstrap=f"127.0.0.1:{self.port}", kafka_idempotence=False)

    async def start(self) -> None:
        self.child = await Child.start(tansu.program(self.folder / "broker.log", self.port))
        await self.child.until_ready()
        await wait_for_kafka(self.settings)
        await provision(self.settings.kafka_bootstrap, topics=topics.TOPICS)

    async def lose(self) -> None:
        assert self.child is not None
        await self.child.kill()
        await self.start()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """The broker answers nobody meanwhile."""
        assert self.child is not None
        self.child.send(signal.SIGSTOP)
        try:
            yield
        finally:
            self.child.send(signal.SIGCONT)

    @asynccontextmanager
    async def broker(self) -> AsyncIterator[Broker]:
        broker = make_broker(self.settings, client_id="test")
        await broker.start()
        try:
            yield broker
        finally:
            await broker.stop()

    async def send(self, *events: Event | Credential) -> None:
        """Publishes as profile and catalog do: one partition per learner, the same for both topics."""
        async with self.broker() as broker:
            publisher = Publisher(broker, "profile")
            for start in range(0, len(events), 500):
                await publisher.send_many(
                    [(_topic(event), _key(event), event) for event in events[start : start + 500]]
                )


def _key(event: Event | Credential) -> str:
    return event.id if isinstance(event, Credential) else event.learner_key


def _topic(event: Event | Credential) -> topics.Topic:
    if isinstance(event, Credential):
        return topics.CREDENTIAL
    return topics.BY_NAME[f"profile.{type(event).__name__.lower()}.v1"]


@dataclass
class Bench:
    """Trainers and followers on one log and one folder; they stop with the test."""

    log: Log
    folder: Path
    stack: AsyncExitStack

    def settings(self, **changes: object) -> Settings:
        return Settings(
            kafka_bootstrap=self.log.settings.kafka_bootstrap,
            kafka_idempotence=False,
            port=1,
            scratch=self.folder / "scratch",
            **{
                "model_store": str(self.folder / "models"),
                "train_minimum": 10_000,
                "train_quiet_seconds": 0.3,
                "train_settings": self._tuned(),
                "train_niceness": 0,
                **changes,
            },
        )

    def _tuned(self) -> Path:
        """A settings file for a handful of learners."""
        path = self.folder / "settings.json"
        path.write_bytes(msgspec.json.encode(Tuned(tuning=TWO_FACTORS, weights={})))
        return path

    def trainer(self, **changes: object) -> Callable[[], Awaitable[Trainer]]:
        return running(self.settings(**changes), Health())

    async def follower(self) -> ItemSideFollower:
        broker = make_broker(self.log.settings, client_id="follower")
        follower = ItemSideFollower(broker, self.folder / "followers")
        self.stack.push_async_callback(broker.stop)
        self.stack.push_async_callback(follower.close)
        await broker.start()
        return follower


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    log = Log(tmp_path)
    await log.start()
    try:
        async with AsyncExitStack() as stack:
            yield Bench(log, tmp_path, stack)
    finally:
        assert log.child is not None
        await log.child.kill()
