"""The catalog's composition root: the only module that names the database and the broker."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from litestar import Litestar
from litestar.types import ControllerRouterHandler

from libs.common.background import background
from libs.common.database import DatabaseProbe, make_engine, writing
from libs.common.health import Health
from libs.common.kafka.connection import connection
from libs.common.publishing import republish, restore
from libs.common.settings import PostgresSettings
from libs.common.web import App, create_app
from services.catalog.domain.kinds import (
    BY_TOPIC,
    CREDENTIAL,
    DEMAND,
    OCCUPATION,
    REGULATION,
    SKILL,
)
from services.catalog.ports import Store
from services.catalog.publishing import SOURCES, Publishing
from services.catalog.routes.searching import dump_route, search_routes
from services.catalog.routes.snapshots import retirement_route, snapshot_routes
from services.catalog.settings import RestoreSettings, Settings
from services.catalog.store import PostgresStore
from services.catalog.store.restoring import write_back

MIGRATIONS = Path(__file__).parent / "migrations"
COMMAND_SECONDS = 600


def build_api(settings: Settings) -> App:
    """The api; what it needs is opened when its lifespan begins."""
    engine = make_engine(settings.postgres_url)
    database = DatabaseProbe(engine)
    publishing = Publishing(settings, settings.postgres_url)
    health = Health()
    health.add("database", database.problem)
    health.add("relay", publishing.problem, publishing.warning)

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        async with background(database.run(), publishing.run()):
            yield
        await engine.dispose()

    return create_app(routes=routes(PostgresStore(engine)), health=health, lifespan=[lifespan])


@asynccontextmanager
async def opened_store(settings: PostgresSettings) -> AsyncIterator[Store]:
    """The store for a command, which may wait longer than a request."""
    engine = make_engine(settings.postgres_url, statement_seconds=COMMAND_SECONDS)
    try:
        yield PostgresStore(engine)
    finally:
        await engine.dispose()


async def republish_all(settings: PostgresSettings) -> None:
    """Has the relay of a running api send every snapshot again. Raises Unavailable."""
    engine = make_engine(settings.postgres_url, statement_seconds=COMMAND_SECONDS)
    async with writing(engine) as connection:
        await republish(connection, SOURCES)
    await engine.dispose()


async def take_back_all(settings: RestoreSettings) -> None:
    """Brings a restored database up to its topics, and publishes all of it above what stands there. Raises TryAgain
    while Kafka is away, Unavailable while the database is."""
    engine = make_engine(settings.postgres_url, statement_seconds=COMMAND_SECONDS)
    writers = [(source, write_back(BY_TOPIC[source.topic.name])) for source in SOURCES]
    try:
        await restore(engine, connection(settings), writers)
    finally:
        await engine.dispose()


def routes(store: Store) -> list[ControllerRouterHandler]:
    """Every route of the api."""
    return [
        *search_routes(store),
        dump_route(store),
        *snapshot_routes(store, CREDENTIAL, "/credentials/{credential_id:str}"),
        retirement_route(store, "/credentials/{credential_id:str}"),
        *snapshot_routes(store, OCCUPATION, "/occupations/{occupation_id:str}"),
        *snapshot_routes(store, SKILL, "/skills/{skill_id:str}"),
        *snapshot_routes(store, REGULATION, "/regulations/{occupation_id:str}/{jurisdiction:str}"),
        *snapshot_routes(store, DEMAND, "/demand/{region:str}/{occupation_id:str}"),
    ]
