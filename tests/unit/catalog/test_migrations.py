"""The schema: migrations, and the tables that the store believes in."""

import asyncio

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.local.embedded.postgres import Postgres
from libs.common.migrations import migrate
from services.catalog.app import MIGRATIONS
from services.catalog.store.tables import metadata


async def test_the_migrated_schema_is_that_of_the_tables(database_url: str) -> None:
    """Neither a table, a column nor an index differs."""

    def differences(connection: Connection) -> list[object]:
        options = {"compare_server_default": True, "include_name": _is_ours}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, metadata))

    # A plain engine: reflection decodes JSON of its own.
    engine = create_async_engine(database_url)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def test_migrating_twice_at_once_is_migrating_once(postgres: Postgres) -> None:
    """Of several starting at the same time one migrates and the others wait, then find nothing to do."""
    url = await postgres.create_database("catalog")
    await asyncio.gather(*(migrate(url, MIGRATIONS) for _ in range(3)))
    await migrate(url, MIGRATIONS)


def _is_ours(name: str | None, kind: str, _: object) -> bool:
    """The relay's table is that of libs.common.publishing."""
    return (kind, name) != ("table", "relay")
