"""Catalog writes: done when this gateway's own view has them, so that the next answer does too."""

from typing import NamedTuple, Protocol

import msgspec
import structlog

from libs.common.contracts.catalog import CatalogSnapshot, Credential
from services.gateway.catalog.view import CatalogView

log = structlog.get_logger()

VIEW_SECONDS = 2.0
NOT_YET = 202


class Done(NamedTuple):
    """The catalog's answer: 201 new, 200 changed or the same, 202 stored but not published yet."""

    status: int
    body: bytes


class CatalogWrites(Protocol):
    """Raises the Refusal that the catalog answers, Unavailable while it is away."""

    async def put(self, segments: tuple[str, ...], body: bytes) -> Done: ...
    async def retire(self, credential_id: str, superseded_by: str | None) -> Done: ...


class Publishing:
    """Writes, then waits for its own view."""

    def __init__(self, view: CatalogView, catalog: CatalogWrites) -> None:
        self._view = view
        self._catalog = catalog

    async def put(
        self, kind: type[CatalogSnapshot], segments: tuple[str, ...], body: bytes
    ) -> Done:
        """Publishes a snapshot at a path of the catalog."""
        return await self._seen(kind, await self._catalog.put(segments, body))

    async def retire(self, credential_id: str, superseded_by: str | None) -> Done:
        """Retires a credential."""
        return await self._seen(
            Credential, await self._catalog.retire(credential_id, superseded_by)
        )

    async def _seen(self, kind: type[CatalogSnapshot], done: Done) -> Done:
        snapshot = msgspec.json.decode(done.body, type=kind)
        if await self._view.has(snapshot, VIEW_SECONDS):
            return done
        log.warning("a catalog write is not published yet", kind=kind.__name__)
        self._view.apply(snapshot)
        return Done(NOT_YET, done.body)
