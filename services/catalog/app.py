"""The catalog's composition root: the only module that names the database and the broker."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from litestar import Litestar
from litestar.types import ControllerRouterHandler

from libs.common.database import DatabaseProbe, make_engine
from libs.common.health import Health
from libs.common.settings import PostgresSettings
from libs.common.web import App, create_app
from services.catalog.domain.kinds import CREDENTIAL, DEMAND, OCCUPATION, REGULATION, SKILL
from services.catalog.ports import Store
from services.catalog.routes.searching import dump_route, search_routes
from services.catalog.routes.snapshots import retirement_route, snapshot_routes
from services.catalog.settings import Settings
from services.catalog.store import PostgresStore

MIGRATIONS = Path(__file__).parent / "migrations"


def build_api(settings: Settings) -> App:
    """The api; what it needs is opened when its lifespan begins."""
    engine = make_engine(settings.postgres_url)
    probe = DatabaseProbe(engine)
    health = Health()
    health.add("database", probe.problem)

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        probing = asyncio.create_task(probe.run())
        try:
            yield
        finally:
            probing.cancel()
            await engine.dispose()

    return create_app(routes=routes(PostgresStore(engine)), health=health, lifespan=[lifespan])


@asynccontextmanager
async def opened_store(settings: PostgresSettings) -> AsyncIterator[Store]:
    """The store for a command."""
    engine = make_engine(settings.postgres_url, pool_size=2)
    try:
        yield PostgresStore(engine)
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
