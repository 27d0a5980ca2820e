"""Snapshots as their topic has them, written back into a restored database."""

from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.contracts.catalog import CatalogSnapshot, snapshot_key
from services.catalog.domain.kinds import Kind, body_of
from services.catalog.store.rows import values
from services.catalog.store.tables import TABLES


def write_back(
    kind: Kind,
) -> Callable[[AsyncConnection, Sequence[CatalogSnapshot]], Awaitable[None]]:
    """What makes the rows of a kind say what snapshots say."""

    async def write(connection: AsyncConnection, snapshots: Sequence[CatalogSnapshot]) -> None:
        rows = [
            {
                **values(snapshot_key(each), body_of(each, kind)),
                "revision": each.revision,
                "updated_at": each.updated_at,
            }
            for each in snapshots
        ]
        new = insert(TABLES[kind.name]).values(rows)
        told = {name: new.excluded[name] for name in rows[0]}
        await connection.execute(new.on_conflict_do_update(index_elements=["key"], set_=told))

    return write
