"""The composition root of the api: the only place that names Kafka and Redis."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from litestar import Litestar

from libs.common.background import background
from libs.common.clock import now
from libs.common.health import Health
from libs.common.kafka.broker import make_broker, wait_for_kafka
from libs.common.web import App, create_app
from libs.common.web.app import Lifespan
from services.recommender.api.probing import RedisProbe
from services.recommender.api.routes import routes
from services.recommender.api.usecases import Recommending
from services.recommender.knowledge import Knowledge
from services.recommender.listing import Listing
from services.recommender.settings import ApiSettings
from services.recommender.store import Store, connect


def http_app(
    store: Store, listing: Listing, *, health: Health, lifespan: Sequence[Lifespan] = ()
) -> App:
    """The HTTP interface over any store and listing."""
    return create_app(routes=routes(Recommending(store, listing)), health=health, lifespan=lifespan)


def api_app(settings: ApiSettings) -> App:
    """The api process; what it needs is opened when its lifespan begins."""
    broker = make_broker(settings, client_id="recommender-api")
    knowledge = Knowledge(broker, settings.scratch, now, settings.tau)
    store = Store(connect(settings.redis_url, cluster=settings.redis_cluster))
    redis = RedisProbe(store)
    health = Health()
    health.add("knowledge", knowledge.problem)
    health.add("redis", redis.problem)

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        await wait_for_kafka(settings)
        await broker.start()
        try:
            async with background(redis.run(), knowledge.run()):
                yield
        finally:
            await broker.stop()
            await knowledge.close()
            await store.close()

    return http_app(store, knowledge.listing, health=health, lifespan=[lifespan])
