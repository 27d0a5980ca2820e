"""Key sets by URL: remembered, and asked for again at most once a minute."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any

import msgspec
import structlog

from libs.common.errors import InvalidRequest, TryAgain, Unavailable
from services.gateway.auth.identity import published_keys

log = structlog.get_logger()

REFETCH_SECONDS = 60.0
FRESH_SECONDS = 600.0
MOST_REMEMBERED = 1_000
Fetch = Callable[[str], Awaitable[bytes]]


class _Set:
    """What is known of one URL; `keys` None until it answered."""

    def __init__(self) -> None:
        self.keys: list[dict[str, Any]] | None = None
        self.fetched = self.tried = float("-inf")
        self.lock = asyncio.Lock()


class KeySets:
    """What was fetched goes on while the URL is away."""

    def __init__(self, fetch: Fetch, *, clock: Callable[[], float] = monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._known: OrderedDict[str, _Set] = OrderedDict()

    async def find(self, url: str, kid: str | None) -> list[dict[str, Any]]:
        """The keys at a URL, fetched anew for a `kid` that is not among them. Raises Unavailable when
        it never answered."""
        known = self._of(url)
        if self._due(known, kid):
            async with known.lock:
                if self._due(known, kid):
                    await self._refetch(url, known)
        if known.keys is None:
            raise Unavailable("The keys that this token is signed with cannot be fetched now.")
        return known.keys

    def _of(self, url: str) -> _Set:
        known = self._known.setdefault(url, _Set())
        self._known.move_to_end(url)
        if len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)
        return known

    def _due(self, known: _Set, kid: str | None) -> bool:
        now = self._clock()
        if now - known.tried < REFETCH_SECONDS:
            return False
        return (
            known.keys is None
            or now - known.fetched > FRESH_SECONDS
            or (kid is not None and all(key.get("kid") != kid for key in known.keys))
        )

    async def _refetch(self, url: str, known: _Set) -> None:
        known.tried = self._clock()
        try:
            known.keys = published_keys(msgspec.json.decode(await self._fetch(url), type=dict))
            known.fetched = known.tried
        except (TryAgain, InvalidRequest, msgspec.DecodeError) as failed:
            log.warning("a key set was not fetched", url=url, reason=str(failed))
