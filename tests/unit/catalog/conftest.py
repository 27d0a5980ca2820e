"""A migrated database for the catalog, and its api without a socket."""

from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import text

from deploy.local.embedded.postgres import Postgres
from libs.common.database import make_engine, writing
from libs.common.health import Health
from libs.common.migrations import migrate
from libs.common.web import create_app
from services.catalog.app import MIGRATIONS, routes
from services.catalog.store import PostgresStore
from services.catalog.store.tables import TABLES


@pytest.fixture(scope="session")
async def migrated_url(postgres: Postgres) -> str:
    url = await postgres.create_database("catalog")
    await migrate(url, MIGRATIONS)
    return url


@pytest.fixture
async def database_url(migrated_url: str) -> str:
    """The migrated database, emptied: much quicker than a new one for each test."""
    engine = make_engine(migrated_url)
    async with writing(engine) as connection:
        await connection.execute(text(f"TRUNCATE relay, {', '.join(TABLES)}"))
    await engine.dispose()
    return migrated_url


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
