"""Alembic without its command line: a service's migrations, run once whoever starts first.

`services/NAME/migrations/env.py` is two lines, `run(metadata)`; its `versions/` are expand and contract only.
"""

from pathlib import Path

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, MetaData, NullPool, text
from sqlalchemy.ext.asyncio import create_async_engine

_LOCK = 0x57ACC_0DE


async def migrate(postgres_url: str, scripts: Path) -> None:
    """Brings the database to the newest version, in one transaction; a second caller waits for it.

    Raises OSError or SQLAlchemyError when the database is away or a migration fails.
    """
    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    engine = create_async_engine(postgres_url, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            await connection.run_sync(_upgrade, config)
    finally:
        await engine.dispose()


def run(metadata: MetaData) -> None:
    """What a service's env.py calls."""
    context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
    context.run_migrations()


def _upgrade(connection: Connection, config: Config) -> None:
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
