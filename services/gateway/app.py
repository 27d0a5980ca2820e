"""The gateway's composition root: the only module that names stores, brokers and other services."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from litestar import Litestar

from libs.common import garbage
from libs.common.background import background
from libs.common.client import ServiceClient
from libs.common.contracts import topics
from libs.common.database import make_engine
from libs.common.global_table import GlobalTables
from libs.common.kafka.broker import keep_started, make_broker
from libs.common.kafka.publisher import Publisher
from libs.common.web import App, serve
from services.gateway.assembly import Outside, assemble
from services.gateway.auth.guard import Limits
from services.gateway.auth.limits import Limiter
from services.gateway.breaker import Breaker
from services.gateway.catalog.keeping import Keeping
from services.gateway.catalog.view import CatalogView
from services.gateway.clients import Catalog, Profile, Recommender
from services.gateway.settings import ApiSettings
from services.gateway.store import redis
from services.gateway.store.changes import Changes
from services.gateway.store.exposures import KafkaExposures
from services.gateway.store.limits import SharedLimits
from services.gateway.store.lists import Lists
from services.gateway.store.partitions import partition_of
from services.gateway.store.partners import PartnerStore
from services.gateway.store.reads import Reads


async def main(settings: ApiSettings) -> None:
    """Serves until the process is asked to stop."""
    await serve(build_api(settings), settings)


def build_api(settings: ApiSettings) -> App:
    """The api; connections are opened when they are first needed, Kafka's in the background."""
    engine = make_engine(settings.postgres_url, pool_size=4)
    broker = make_broker(settings, client_id="gateway")
    reader = redis.reader(settings.redis_url, cluster=settings.redis_cluster)
    listener = redis.listener(settings.redis_url, cluster=settings.redis_cluster)
    to_catalog = ServiceClient("catalog", settings.catalog_url)
    to_profile = ServiceClient("profile", settings.profile_url)
    to_recommender = ServiceClient("recommender", settings.recommender_url)
    view = CatalogView(lambda changed: GlobalTables(broker, topics.CATALOG, changed))
    catalog = Catalog(to_catalog, Breaker("catalog"))
    keeping = Keeping(view, settings.scratch, catalog.dump)
    changes = Changes(listener)
    limiter = Limiter(SharedLimits(reader).settle)
    pepper = settings.lookup_pepper.get_secret_value()

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        async with AsyncExitStack() as opened:
            opened.push_async_callback(engine.dispose)
            for client in (to_catalog, to_profile, to_recommender):
                await opened.enter_async_context(client)
            for connection in (reader, listener):
                opened.push_async_callback(connection.aclose)
            await keeping.restore()
            garbage.settle()
            await opened.enter_async_context(
                background(
                    keep_started(broker, settings), keeping.run(), changes.run(), limiter.run()
                )
            )
            yield
            await keeping.save()

    partners = PartnerStore(engine)
    return assemble(
        Outside(
            view=view,
            keys=partners,
            partners=partners,
            limits=Limits(
                limiter,
                key_rate=settings.key_per_second,
                address_rate=settings.address_per_second,
                proxies=settings.proxies,
            ),
            lists=Lists(Reads(reader, Breaker("redis")), changes, pepper),
            profile=Profile(to_profile, Breaker("profile")),
            recommender=Recommender(to_recommender, Breaker("recommender")),
            catalog=catalog,
            exposures=KafkaExposures(Publisher(broker, "gateway"), Breaker("kafka")),
            partition_of=partition_of,
            demo=settings.demo,
        ),
        lifespan,
    )
