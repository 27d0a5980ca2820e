"""The catalog in PostgreSQL."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from libs.common.contracts.catalog import CatalogSnapshot, snapshot_key
from libs.common.database import reading, writing
from services.catalog.domain.kinds import KINDS, Kind
from services.catalog.domain.search import Page, Place, Query, fingerprint
from services.catalog.domain.wages import SOC_DIGITS
from services.catalog.store.rows import snapshot
from services.catalog.store.searching import Taught, skills_named, statement
from services.catalog.store.tables import TABLES
from services.catalog.store.unit import PostgresUnit, read_one

_BATCH = 500


class PostgresStore:
    """See `services.catalog.ports.Store`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[PostgresUnit]:
        async with writing(self._engine) as connection:
            yield PostgresUnit(connection)

    async def get(self, kind: Kind, key: str) -> CatalogSnapshot | None:
        async with reading(self._engine) as connection:
            return await read_one(connection, kind, key)

    async def search(self, query: Query) -> Page:
        async with reading(self._engine) as connection:
            taught = await _taught(connection, query)
            rows = (await connection.execute(statement(query, taught))).all()
        shown = rows[: query.limit]
        items = [snapshot(KINDS[query.kind], row) for row in shown]
        if len(rows) <= query.limit:
            return Page(items)
        return Page(items, Place(fingerprint(query), shown[-1].by, shown[-1].key))

    async def occupations_by_soc(self) -> Mapping[str, Sequence[str]]:
        table = TABLES["occupation"]
        soc = func.substr(table.c.body["soc"].astext, 1, SOC_DIGITS)
        coded = select(table.c.key, soc.label("soc")).where(soc.is_not(None)).order_by(table.c.key)
        keys: dict[str, list[str]] = defaultdict(list)
        async with reading(self._engine) as connection:
            for row in await connection.execute(coded):
                keys[row.soc].append(row.key)
        return dict(keys)

    async def everything(self) -> AsyncIterator[tuple[Kind, Sequence[CatalogSnapshot]]]:
        for kind in KINDS.values():
            after = ""
            while batch := await self._batch(kind, after):
                yield kind, batch
                after = snapshot_key(batch[-1])

    async def _batch(self, kind: Kind, after: str) -> Sequence[CatalogSnapshot]:
        table = TABLES[kind.name]
        following = select(table).where(table.c.key > after).order_by(table.c.key).limit(_BATCH)
        async with reading(self._engine) as connection:
            return [snapshot(kind, row) for row in await connection.execute(following)]


async def _taught(connection: AsyncConnection, query: Query) -> Taught:
    """For a search of credentials by words: the skills that each word names."""
    if query.kind != "credential" or not query.terms:
        return {}
    return {row.term: row.skills for row in await connection.execute(skills_named(query))}
