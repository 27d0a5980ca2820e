"""A migrated database for the catalog, and its api without a socket."""

from collections.abc import AsyncIterator

import httpx
import pytest

from deploy.local.embedded.postgres import Postgres
from libs.common.database import make_engine
from libs.common.health import Health
from libs.common.migrations import migrate
from libs.common.web import create_app
from services.catalog.app import MIGRATIONS, routes
from services.catalog.store import PostgresStore


@pytest.fixture
async def database_url(postgres: Postgres) -> str:
    url = await postgres.create_database("catalog")
    await migrate(url, MIGRATIONS)
    return url


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[PostgresStore]:
    engine = make_engine(database_url)
    yield PostgresStore(engine)
    await engine.dispose()


@pytest.fixture
async def api(store: PostgresStore) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the catalog's routes on an empty database."""
    app = create_app(routes=routes(store), health=Health())
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://catalog") as client:
        yield client
