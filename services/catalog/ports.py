"""What the use cases need of a store; `app` gives them the PostgreSQL one."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Literal, NamedTuple, Protocol

from libs.common.contracts.catalog import CatalogSnapshot
from services.catalog.domain.kinds import Body, Kind
from services.catalog.domain.search import Page, Query

Change = Literal["created", "changed", "same"]


class Put(NamedTuple):
    """The snapshot after a write, and what the write did."""

    snapshot: CatalogSnapshot
    change: Change


class Tally(NamedTuple):
    """What a batch did, in records."""

    created: int = 0
    changed: int = 0
    same: int = 0


class Unit(Protocol):
    """One transaction. Nothing of it is visible before it ends well."""

    async def get(self, kind: Kind, key: str) -> CatalogSnapshot | None: ...

    async def get_for_update(self, kind: Kind, key: str) -> CatalogSnapshot | None:
        """As `get`; until the end of the transaction nobody else changes it."""
        ...

    async def bodies_for_update(self, kind: Kind, keys: Collection[str]) -> Mapping[str, Body]:
        """Those of the keys that are there; until the end of the transaction nobody else changes them."""
        ...

    async def put(self, kind: Kind, key: str, body: Body) -> Put:
        """Writers of one key wait for each other; the same body keeps the revision."""
        ...

    async def put_many(self, kind: Kind, bodies: dict[str, Body]) -> Tally: ...

    async def alone_with_successors(self) -> None:
        """From here to the end of the transaction nobody else says what supersedes what."""
        ...

    async def successors(self, credential_id: str) -> Collection[str]:
        """The id itself and all that it leads to by `superseded_by`, in no order."""
        ...


class Store(Protocol):
    """Every method raises Unavailable when the database is away."""

    def begin(self) -> AbstractAsyncContextManager[Unit]: ...

    async def get(self, kind: Kind, key: str) -> CatalogSnapshot | None: ...

    async def search(self, query: Query) -> Page: ...

    async def occupations_by_soc(self) -> Mapping[str, Sequence[str]]:
        """SOC code of six digits → the keys of the occupations with it, or with more digits."""
        ...

    def everything(self) -> AsyncIterator[tuple[Kind, Sequence[CatalogSnapshot]]]:
        """All snapshots in batches of one kind, each as it is when its batch is read."""
        ...
