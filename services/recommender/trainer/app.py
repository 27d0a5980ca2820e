"""The trainer's composition root: the only place that names the broker, the archive and the store."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from litestar import Litestar

from libs.common.background import background
from libs.common.clock import Clock, now
from libs.common.contracts import topics
from libs.common.errors import StackwiseError, TryAgain
from libs.common.health import Health
from libs.common.kafka.broker import make_broker, wait_for_kafka
from libs.common.kafka.consume import AllConsumption, consume_all
from libs.common.kafka.publisher import Publisher
from libs.common.telemetry import configure
from libs.common.web import create_app, serve
from services.recommender.model.store import ModelStore
from services.recommender.trainer.announcer import Announcer
from services.recommender.trainer.archive import Archive, Marks
from services.recommender.trainer.learners import Learners
from services.recommender.trainer.positions import proven
from services.recommender.trainer.saving import Saver
from services.recommender.trainer.settings import Settings
from services.recommender.trainer.states import States
from services.recommender.trainer.trainer import Superseded, Trainer
from services.recommender.trainer.training import Training

log = structlog.get_logger()

LOGS = (topics.LEARNER, topics.INTERACTION)
LAST_READ_SECONDS = 10.0


async def main(settings: Settings) -> None:
    """Runs the trainer until SIGTERM; it then reads the logs to their end and saves."""
    configure("recommender", "trainer", settings)
    await wait_for_kafka(settings)
    health = Health()

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        async with running(settings, health):
            yield

    try:
        await serve(create_app(routes=(), health=health, lifespan=[lifespan]), settings)
    except* Superseded as group:
        raise SystemExit(str(group.exceptions[0])) from None


@asynccontextmanager
async def running(settings: Settings, health: Health, clock: Clock = now) -> AsyncIterator[Trainer]:
    """The trainer at work, and the archive saved at its end.

    Raises Superseded, in a group, when another has taken over: the archive is then the other's to save.
    """
    broker = make_broker(settings, client_id="recommender-trainer")
    archive = Archive(settings.archive_directory)
    archived = await asyncio.to_thread(archive.load)
    states = States(archived.columns, archived.credentials) if archived else States()
    marks: Marks = await proven(settings, archived.marks) if archived else {}
    learners = Learners(states, settings.trend_half_life_hours)
    saver = Saver(archive, states, lambda: marks, clock)
    if archived is not None:
        saver.resume(archived)
    store = ModelStore(settings.model_store)
    announcer = Announcer(Publisher(broker, "recommender"), states.credentials, clock)
    trainer = Trainer(
        settings,
        learners=learners,
        announcer=announcer,
        saver=saver,
        training=Training(settings, learners, saver, store, clock),
        store=store,
        marks=marks,
        clock=clock,
    )
    # From the marks on, not from behind them: the record at a mark shows that the log has been read.
    start = {place: mark.offset for place, mark in marks.items()}
    logs = consume_all(broker, LOGS, handler=trainer.handle, start=start)
    item_side = consume_all(broker, [topics.ITEM_SIDE], handler=announcer.handle)
    health.add("events", logs.problem)
    health.add("item_side", item_side.problem)
    health.add("model", trainer.problem)
    await broker.start()
    try:
        await until(lambda: item_side.caught_up, settings.kafka_wait_seconds, "the item side")
        await trainer.begin()
        async with background(trainer.run(lambda: logs.caught_up, lambda: end_of(item_side))):
            yield trainer
        await read_to_the_end(logs)
    finally:
        await broker.stop()
    await saver.save()


async def end_of(item_side: AllConsumption) -> int:
    """The item-side topic's end offset. Raises TryAgain."""
    place = TopicPartition(topics.ITEM_SIDE.name, 0)
    try:
        ends = await item_side.consumer.end_offsets([place])
    except (KafkaError, OSError) as error:
        raise TryAgain(f"the item side's end is not known: {error!r}") from error
    return int(ends[place])


async def read_to_the_end(logs: AllConsumption) -> None:
    """Waits until what the logs hold now has been applied, for a bounded time: the rest is read at the next start."""
    places = [TopicPartition(topic.name, n) for topic in LOGS for n in range(topic.partitions)]
    try:
        begins = await logs.consumer.beginning_offsets(places)
        ends = await logs.consumer.end_offsets(places)
        wanted = {(p.topic, p.partition): end for p, end in ends.items() if end > begins[p]}
        await until(
            lambda: all(logs.handled.get(place, 0) >= end for place, end in wanted.items()),
            LAST_READ_SECONDS,
            "the logs",
        )
    except (KafkaError, OSError, StackwiseError) as error:
        log.warning("stopped_before_the_logs_end", error=str(error))


async def until(reached: Callable[[], bool], seconds: float, what: str) -> None:
    """Returns when `reached`. Raises TryAgain after `seconds`."""
    deadline = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > deadline:
            raise TryAgain(f"{what} could not be read to the end within {seconds:g} s")
        await asyncio.sleep(0.02)
