"""The composition root of profile: the only place that names the database and the broker."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from litestar import Litestar

from libs.common.background import background
from libs.common.clock import now
from libs.common.contracts.topics import LEARNER
from libs.common.database import DatabaseProbe, make_engine, writing
from libs.common.health import Health
from libs.common.kafka.broker import keep_started, make_broker, wait_for_kafka
from libs.common.kafka.connection import connection
from libs.common.kafka.publisher import Publisher
from libs.common.migrations import migrate
from libs.common.publishing import Relay, Source, republish, restore
from libs.common.web import App, create_app
from libs.common.web.app import Lifespan
from services.profile.catalog_feed import CatalogFeed
from services.profile.examining import Examining
from services.profile.expiry import expire_daily, expire_now
from services.profile.log import KafkaLog
from services.profile.publications import KEPT_SECONDS, Publications, fetch_list, fetch_nothing
from services.profile.rechecking import recheck
from services.profile.routes import routes
from services.profile.settings import ApiSettings, BadgeSettings, RestoreSettings, StoreSettings
from services.profile.store.badges import BadgeStore
from services.profile.store.learners import LearnerStore
from services.profile.store.restoring import write_back
from services.profile.store.tables import learner, snapshot
from services.profile.usecases.badges import Badges
from services.profile.usecases.interactions import Interactions
from services.profile.usecases.learners import Learners
from services.profile.usecases.ports import InteractionLog, Store

MIGRATIONS = Path(__file__).parent / "migrations"
LEARNERS = Source(LEARNER, learner, learner.c.learner_key, snapshot)
# `republish` writes every row.
REPUBLISH_SECONDS = 600


def http_app(
    store: Store,
    log: InteractionLog,
    badges: Badges,
    *,
    health: Health,
    lifespan: Sequence[Lifespan] = (),
) -> App:
    """The HTTP interface over any store, log and badges."""
    return create_app(
        routes=routes(Learners(store), Interactions(store, log, now), badges),
        health=health,
        lifespan=lifespan,
    )


def api_app(settings: ApiSettings) -> App:
    """The api process; what it needs is opened when its lifespan begins."""
    engine = make_engine(settings.postgres_url)
    store = LearnerStore(engine)
    broker = make_broker(settings, client_id="profile-api")
    badge_store, feed = BadgeStore(engine), CatalogFeed(broker, settings.badge_issuers)
    examining = _examining(settings)
    badges = Badges(store, badge_store, examining, feed, now, recheck=settings.badge_recheck)
    publisher = Publisher(broker, "profile")
    log = KafkaLog(broker, publisher)
    relay = Relay(settings.postgres_url, publisher, connection(settings), [LEARNERS])
    database = DatabaseProbe(engine)
    health = Health()
    health.add("database", database.problem)
    health.add("kafka", log.problem)
    health.add("relay", relay.problem, relay.warning)

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        async with background(
            keep_started(broker, settings),
            database.run(),
            log.watch(),
            relay.run(),
            expire_daily(store),
            recheck(badges, badge_store, settings.badge_poll_seconds),
        ):
            yield
        examining.close()
        await engine.dispose()

    return http_app(store, log, badges, health=health, lifespan=[lifespan])


def _examining(settings: BadgeSettings) -> Examining:
    kept = min(KEPT_SECONDS, settings.badge_recheck_seconds / 2)
    fetch = fetch_list if settings.badge_web else fetch_nothing
    published = Publications(settings.badge_mirror, fetch, kept_seconds=kept)
    return Examining(published.get, settings.badge_workers, settings.badge_list_issuers)


@asynccontextmanager
async def opened_badges(settings: BadgeSettings) -> AsyncIterator[Badges]:
    """The use case by itself, once the catalog has been read. Raises Unavailable where that takes too long."""
    engine = make_engine(settings.postgres_url)
    broker = make_broker(settings, client_id="profile-import")
    store, feed = LearnerStore(engine), CatalogFeed(broker, settings.badge_issuers)
    examining = _examining(settings)
    try:
        await wait_for_kafka(settings)
        async with background(keep_started(broker, settings)):
            await feed.until_read(settings.kafka_wait_seconds)
            yield Badges(
                store, BadgeStore(engine), examining, feed, now, recheck=settings.badge_recheck
            )
    finally:
        examining.close()
        await engine.dispose()


async def migrate_database(settings: StoreSettings) -> None:
    """Brings the database to the newest schema."""
    await migrate(settings.postgres_url, MIGRATIONS)


async def republish_learners(settings: StoreSettings) -> None:
    """Has the relay send every learner again. Raises Unavailable while the database is away."""
    engine = make_engine(settings.postgres_url, statement_seconds=REPUBLISH_SECONDS)
    async with writing(engine) as connection:
        await republish(connection, [LEARNERS])
    await engine.dispose()


async def take_back_learners(settings: RestoreSettings) -> None:
    """Brings a restored database up to its topic, and publishes all of it above what stands there. Raises TryAgain
    while Kafka is away, Unavailable while the database is."""
    engine = make_engine(settings.postgres_url, statement_seconds=REPUBLISH_SECONDS)
    try:
        await restore(engine, connection(settings), [(LEARNERS, write_back)])
    finally:
        await engine.dispose()


async def expire_erased(settings: StoreSettings) -> None:
    """Forgets the ids that are due. Raises Unavailable while the database is away."""
    engine = make_engine(settings.postgres_url)
    await expire_now(LearnerStore(engine))
    await engine.dispose()
