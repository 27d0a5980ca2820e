"""The trainer's composition root: the only place that names the broker, the archive and the store."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar import Litestar

from libs.common.background import background
from libs.common.clock import Clock, now
from libs.common.contracts import topics
from libs.common.errors import InvalidRequest
from libs.common.global_table import GlobalTables
from libs.common.health import Health
from libs.common.kafka.broker import make_broker, wait_for_kafka
from libs.common.kafka.consume import consume_all
from libs.common.kafka.publisher import Publisher
from libs.common.telemetry import configure
from libs.common.web import create_app, serve
from services.recommender.fairness.board import export_published
from services.recommender.model.store import ModelStore
from services.recommender.model.training import read_tuned
from services.recommender.shared_archive import SharedArchive
from services.recommender.trainer.announcer import Announcer
from services.recommender.trainer.archive import Archive, Marks
from services.recommender.trainer.learners import Learners
from services.recommender.trainer.logs import LOGS, Logs, proven, until
from services.recommender.trainer.newcomers import Newcomers
from services.recommender.trainer.saving import Saver
from services.recommender.trainer.settings import Settings
from services.recommender.trainer.sharing import Sharer
from services.recommender.trainer.spark_fit import check_spark
from services.recommender.trainer.states import States
from services.recommender.trainer.stored import Stored
from services.recommender.trainer.stream import Stream
from services.recommender.trainer.trainer import Superseded, Trainer
from services.recommender.trainer.training import Training

LAST_READ_SECONDS = 10.0
# The trainer speaks about once a second; a tenth of one later it may hear.
FETCH_WAIT_MS = 100


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
    except* (Superseded, InvalidRequest) as group:
        raise SystemExit(str(_first(group))) from None


def _first(error: BaseException) -> BaseException:
    """What went wrong first, out of the groups that task groups have put around it."""
    return _first(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error


@asynccontextmanager
async def running(settings: Settings, health: Health, clock: Clock = now) -> AsyncIterator[Trainer]:
    """The trainer at work, and the archive saved at its end.

    Raises InvalidRequest for a settings file that is none or a Spark that is not installed, and Superseded, in a group, when another has taken
    over: the archive is then the other's to save.
    """
    if settings.train_spark_master is not None:
        check_spark()
    tuned = read_tuned(settings.train_settings) if settings.train_settings else None
    broker = make_broker(settings, client_id="recommender-trainer")
    archive = Archive(settings.archive_directory)
    sharer = Sharer(archive, SharedArchive(settings.model_store), clock)
    archived = await asyncio.to_thread(sharer.newest)
    states = States(archived.columns, archived.credentials) if archived else States()
    marks: Marks = await proven(settings, archived.marks) if archived else {}
    learners = Learners(states, settings.trend_half_life_hours)
    saver = Saver(archive, states, lambda: marks, clock, sharer.offer)
    if archived is not None:
        saver.resume(archived)
    announcer = Announcer(Publisher(broker, "recommender"), clock)
    newcomers = Newcomers(states.credentials)
    catalog = GlobalTables(broker, [topics.CREDENTIAL], on_change=newcomers.changed)
    store = ModelStore(settings.model_store)
    trainer = Trainer(
        settings,
        learners=learners,
        announcer=announcer,
        stream=Stream(learners, newcomers, announcer, tuned.weights if tuned else {}),
        saver=saver,
        training=Training(settings, learners, saver, clock, tuned.tuning if tuned else None),
        stored=Stored(store, settings.keep_models),
        marks=marks,
        clock=clock,
    )
    # From the marks on, not from behind them: the record at a mark shows that the log has been read.
    start = {place: mark.offset for place, mark in marks.items()}
    events = consume_all(
        broker,
        LOGS,
        handler=trainer.handle,
        start=start,
        least_fetch_wait_ms=FETCH_WAIT_MS,
        proves=False,
    )
    item_side = consume_all(broker, [topics.ITEM_SIDE], handler=announcer.handle)
    health.add("events", events.problem)
    health.add("item_side", item_side.problem)
    health.add("catalog", catalog.problem)
    health.add("model", trainer.problem)
    await broker.start()
    try:
        seconds = settings.kafka_wait_seconds
        await until(lambda: item_side.caught_up, seconds, "the item side")
        await until(lambda: catalog.caught_up, seconds, "the catalog")
        await trainer.begin()
        logs = Logs(settings, marks, learners=events, item_side=item_side)
        async with background(trainer.run(logs), sharer.run(), export_published(store)):
            yield trainer
        await logs.read_to_the_end(LAST_READ_SECONDS)
    finally:
        await broker.stop()
    await saver.save()
    await sharer.finish()
