"""Looking up, searching, and handing out everything."""

from collections.abc import AsyncIterator

import msgspec
from msgspec import Struct

from libs.common.contracts.catalog import CatalogSnapshot
from libs.common.errors import NotFound
from services.catalog.domain.kinds import Kind
from services.catalog.domain.search import Page, Query, cursor, resume
from services.catalog.ports import Store


class Found(Struct, frozen=True):
    """A page as it is answered."""

    items: list[CatalogSnapshot]
    next_cursor: str | None


async def look_up(store: Store, kind: Kind, key: str) -> CatalogSnapshot:
    """Raises NotFound. Retired credentials are found."""
    snapshot = await store.get(kind, key)
    if snapshot is None:
        raise NotFound(f"There is no {kind.name} {key!r}.")
    return snapshot


async def search(store: Store, query: Query, given_cursor: str | None) -> Found:
    """One page; raises InvalidRequest for a cursor that is not one of this search."""
    if given_cursor is not None:
        query = resume(query, given_cursor)
    # Asked for something, but for no word: nothing is the only honest answer.
    page = Page([]) if query.terms == [] else await store.search(query)
    return Found(page.items, None if page.last is None else cursor(page.last))


async def dump(store: Store) -> AsyncIterator[bytes]:
    """All snapshots as lines `{"topic", "value"}`, a batch at a time."""
    async for kind, batch in store.everything():
        lines = ({"topic": kind.topic.name, "value": snapshot} for snapshot in batch)
        yield b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
