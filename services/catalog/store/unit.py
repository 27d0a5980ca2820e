"""One transaction on the catalog's tables."""

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, any_, bindparam, cast, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningInsert

from libs.common.contracts.catalog import CatalogSnapshot
from services.catalog.domain.kinds import Body, Kind, KindName
from services.catalog.ports import Put, Tally
from services.catalog.store.rows import snapshot, values
from services.catalog.store.tables import CREDENTIALS, TABLES

_SUCCESSION_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('catalog.succession'))")


class PostgresUnit:
    """See `services.catalog.ports.Unit`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, kind: Kind, key: str) -> CatalogSnapshot | None:
        return await read_one(self._connection, kind, key)

    async def get_for_update(self, kind: Kind, key: str) -> CatalogSnapshot | None:
        return await read_one(self._connection, kind, key, lock=True)

    async def bodies_for_update(self, kind: Kind, keys: Collection[str]) -> Mapping[str, Body]:
        table = TABLES[kind.name]
        wanted = select(table.c.key, table.c.body).where(
            table.c.key == any_(cast(list(keys), ARRAY(table.c.key.type)))
        )
        # In the order of the keys, as in put_many.
        rows = await self._connection.execute(wanted.order_by(table.c.key).with_for_update())
        return {row.key: kind.decode(row.body) for row in rows}

    async def put(self, kind: Kind, key: str, body: Body) -> Put:
        done = await self._connection.execute(_upsert(kind.name), values(key, body))
        row = done.one_or_none()
        if row is not None:
            put = kind.assemble(key, body, row.revision, row.updated_at)
            return Put(put, "created" if row.revision == 1 else "changed")
        # The statement above has locked the row, so what is read here is what it compared with.
        kept = await read_one(self._connection, kind, key)
        assert kept is not None
        return Put(kept, "same")

    async def put_many(self, kind: Kind, bodies: dict[str, Body]) -> Tally:
        # In the order of the keys, so that two imports wait for each other but never in a circle.
        rows = [values(key, bodies[key]) for key in sorted(bodies)]
        done = await self._connection.execute(_upsert(kind.name), rows)
        revisions = [row.revision for row in done]
        created = revisions.count(1)
        return Tally(created, len(revisions) - created, len(rows) - len(revisions))

    async def alone_with_successors(self) -> None:
        await self._connection.execute(_SUCCESSION_LOCK)

    async def successors(self, credential_id: str) -> Collection[str]:
        chain = select(cast(credential_id, CREDENTIALS.c.key.type).label("id")).cte(
            "chain", recursive=True
        )
        following = (
            select(CREDENTIALS.c.superseded_by)
            .join(chain, CREDENTIALS.c.key == chain.c.id)
            .where(CREDENTIALS.c.superseded_by.is_not(None))
        )
        # UNION without ALL ends at an id seen before, so that a circle ends it as well.
        done = await self._connection.execute(select(chain.union(following).c.id))
        return set(done.scalars())


async def read_one(
    connection: AsyncConnection, kind: Kind, key: str, *, lock: bool = False
) -> CatalogSnapshot | None:
    """The snapshot under a key; `lock` keeps others from changing it."""
    table = TABLES[kind.name]
    parts = select(table.c.key, table.c.body, table.c.revision, table.c.updated_at)
    wanted = parts.where(table.c.key == key)
    row = (await connection.execute(wanted.with_for_update() if lock else wanted)).one_or_none()
    return None if row is None else snapshot(kind, row)


@cache
def _upsert(name: KindName) -> ReturningInsert[*tuple[Any, ...]]:
    """Inserts at revision 1; replaces a different body at the next revision; returns no row for the same."""
    table = TABLES[name]
    now = func.clock_timestamp()
    given = [c for c in table.c if c.computed is None and c.name != "published_revision"]
    parameters = {c.name: bindparam(c.name, type_=c.type) for c in given}
    new = insert(table).values({**parameters, "revision": 1, "updated_at": now})
    changed = {c.name: new.excluded[c.name] for c in given if c.name != "key"}
    return new.on_conflict_do_update(
        index_elements=[table.c.key],
        set_={**changed, "revision": table.c.revision + 1, "updated_at": now},
        where=table.c.body.is_distinct_from(new.excluded.body),
    ).returning(table.c.key, table.c.revision, table.c.updated_at)
