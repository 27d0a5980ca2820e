"""PostgreSQL: the engine, its deadlines, and one answer when it is away.

Every wait is bounded (connecting, a free connection, a lock, a statement), so that a database that is
away or stuck is answered with 503 and never piles requests up.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from libs.common.errors import Unavailable

# SQLSTATE classes and states that say "not now": connection, resources, shutdown and start-up,
# cancelled by a timeout, lock not available, deadlock or serialization, read-only after a failover.
_NOT_NOW = ("08", "53", "57", "55P03", "40", "25006")
_LOCK_SECONDS = 3


def make_engine(url: str, *, pool_size: int = 10, statement_seconds: int = 5) -> AsyncEngine:
    """An engine; it connects at the first use. JSON columns take what msgspec encodes and give text."""
    server_settings = {
        "jit": "off",
        "lock_timeout": f"{_LOCK_SECONDS}s",
        "statement_timeout": f"{statement_seconds}s",
    }
    return create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=3,
        pool_pre_ping=True,  # after a failover the connections of before must cost nobody an error
        json_serializer=lambda value: msgspec.json.encode(value).decode(),
        json_deserializer=lambda raw: raw,
        connect_args={
            "timeout": 3,
            "command_timeout": statement_seconds + 1,
            "server_settings": server_settings,
        },
    )


@contextlib.contextmanager
def unavailable_when_away() -> Iterator[None]:
    """Turns "the database cannot do this now" into Unavailable; other errors pass."""
    try:
        yield
    except (OSError, PoolTimeout) as error:
        raise Unavailable("the database is away") from error
    except DBAPIError as error:
        if not _is_transient(error):
            raise
        raise Unavailable("the database is away") from error


@contextlib.asynccontextmanager
async def reading(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection on which each statement stands alone, without a transaction."""
    with unavailable_when_away():
        async with engine.connect() as connection:
            yield await connection.execution_options(isolation_level="AUTOCOMMIT")


@contextlib.asynccontextmanager
async def writing(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A transaction, committed when the block ends and rolled back when it raises."""
    with unavailable_when_away():
        async with engine.begin() as connection:
            yield connection


class DatabaseProbe:
    """Asks the database now and then whether it answers; `problem` is for Health."""

    def __init__(self, engine: AsyncEngine, *, every: float = 1.0) -> None:
        self._engine = engine
        self._every = every
        self._problem: str | None = "the database has not been asked yet"

    def problem(self) -> str | None:
        return self._problem

    async def run(self) -> None:
        """Probes until cancelled."""
        while True:
            self._problem = await self._ask()
            await asyncio.sleep(self._every)

    async def _ask(self) -> str | None:
        try:
            async with reading(self._engine) as connection:
                await connection.execute(text("SELECT 1"))
        except Unavailable as error:
            return error.detail
        return None


def _is_transient(error: DBAPIError) -> bool:
    state: Any = getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated or state is None or state.startswith(_NOT_NOW)
