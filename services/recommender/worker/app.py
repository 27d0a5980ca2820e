"""The composition root of the worker: the only place that names Kafka and Redis."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog
from litestar import Litestar

from libs.common.background import background
from libs.common.clock import Clock, now
from libs.common.contracts.topics import INTERACTION, LEARNER
from libs.common.errors import TryAgain
from libs.common.health import Health
from libs.common.kafka.broker import make_broker, wait_for_kafka
from libs.common.kafka.consume import consume_group
from libs.common.web import App, create_app
from services.recommender.knowledge import Knowledge
from services.recommender.settings import WorkerSettings
from services.recommender.shared_archive import SharedArchive
from services.recommender.store import Store, connect
from services.recommender.worker.handler import Worker
from services.recommender.worker.ownership import Ownership, Witnesses
from services.recommender.worker.patrol import Patrol
from services.recommender.worker.probe import probing
from services.recommender.worker.projection import Projection
from services.recommender.worker.recovery import recover
from services.recommender.worker.restoring import Restorer
from services.recommender.worker.session import Session

GROUP = "recommender.worker"
LAST_READ_SECONDS = 10.0

log = structlog.get_logger()


def worker_app(settings: WorkerSettings) -> App:
    """The worker process; its HTTP side answers for its health only."""
    health = Health()

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        await wait_for_kafka(settings)
        async with working(settings, health):
            yield

    return create_app(routes=(), health=health, lifespan=[lifespan])


@asynccontextmanager
async def working(
    settings: WorkerSettings, health: Health, clock: Clock = now
) -> AsyncIterator[Ownership]:
    """The worker at work; at the end it reads the logs to their end, finishes its batch and leaves."""
    broker = make_broker(settings, client_id="recommender-worker")
    knowledge = Knowledge(broker, settings.scratch, clock, settings.tau)
    store = Store(connect(settings.redis_url, cluster=settings.redis_cluster))

    async def recovered(partitions: list[int], witnesses: Witnesses) -> dict[int, Session]:
        return await recover(settings, store, partitions, witnesses)

    restorer = Restorer(settings, store, SharedArchive(settings.model_store), settings.scratch)
    ownership = Ownership(recovered, restorer, lambda: consumption.consumer)
    patrol = Patrol(store, ownership)
    projection = Projection(knowledge.listing, settings.lookup_pepper.get_secret_value())
    worker = Worker(ownership, store, projection, knowledge.model, clock)
    consumption = consume_group(
        broker,
        [LEARNER, INTERACTION],
        group=GROUP,
        instance_id=settings.worker_instance,
        handler=worker.handle,
        listener=ownership,
    )
    health.add("events", consumption.problem)
    health.add_vital("events", consumption.failure)
    health.add("knowledge", knowledge.problem)
    health.add("partitions", ownership.problem)
    health.add("redis", patrol.problem)
    await broker.start()
    try:
        projecting = _project(ownership, knowledge.problem)
        async with background(patrol.run(), knowledge.run(), projecting):
            yield ownership
            await _read_to_the_end(settings, ownership)
    finally:
        await broker.stop()
        await knowledge.close()
        await store.close()


async def _project(ownership: Ownership, unknown: Callable[[], str | None]) -> None:
    """Lets partitions in once the catalog and the model are known."""
    while (reason := unknown()) is not None:
        log.debug("partitions_wait", reason=reason)
        await asyncio.sleep(0.02)
    await ownership.run()


async def _read_to_the_end(settings: WorkerSettings, ownership: Ownership) -> None:
    """Waits until what the logs hold now is applied, for a bounded time: an embedded broker forgets it."""
    deadline = time.monotonic() + LAST_READ_SECONDS
    try:
        async with probing(settings) as probe:
            await ownership.read_to(await probe.extents(ownership.places()), deadline)
    except TryAgain as error:
        log.warning("stopped_before_the_logs_end", reason=str(error))
