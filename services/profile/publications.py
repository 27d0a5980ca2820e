"""What issuers publish about their badges: from a folder of copies, else fetched from public addresses and kept a while.

The folder serves whoever runs Stackwise without the Web. What is fetched is a stranger's URL: https only, public addresses
only, no redirect, three seconds (`libs.common.public_fetch`).
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from urllib.parse import quote

import structlog

from libs.common.errors import TryAgain
from libs.common.public_fetch import fetch_public

log = structlog.get_logger()

MOST_BYTES = 1_000_000
MOST_KEPT = 200
KEPT_SECONDS = 300.0
MISSING_SECONDS = 30.0
_LONGEST_NAME = 255
fetch_list = partial(fetch_public, most_bytes=MOST_BYTES)


async def fetch_nothing(_: str) -> bytes:
    """For those without the Web. Raises TryAgain."""
    raise TryAgain("there is no copy, and the Web is not asked")


class Publications:
    """`get` by URL. folder: each file is a copy, named by its URL quoted with nothing spared. kept_seconds: how long what
    was fetched is taken for new."""

    def __init__(
        self,
        folder: Path | None,
        fetch: Callable[[str], Awaitable[bytes]] = fetch_list,
        *,
        kept_seconds: float = KEPT_SECONDS,
    ) -> None:
        self._folder = folder
        self._fetch = fetch
        self._kept_seconds = kept_seconds
        self._kept: OrderedDict[str, tuple[float, asyncio.Future[bytes | str]]] = OrderedDict()

    async def get(self, url: str) -> bytes | str:
        """What is there, or why it cannot be had. Who asks while it is fetched waits for the same answer."""
        if self._folder is not None and len(name := quote(url, safe="")) <= _LONGEST_NAME:
            copy = await asyncio.to_thread(_read, self._folder / name)
            if copy is not None:
                return copy
        return await asyncio.shield(self._fetched(url))

    def _fetched(self, url: str) -> "asyncio.Future[bytes | str]":
        until, found = self._kept.get(url, (0.0, None))
        if found is not None and (not found.done() or time.monotonic() < until):
            return found
        fetching = asyncio.ensure_future(self._ask(url))
        self._keep(url, fetching, self._kept_seconds)
        return fetching

    async def _ask(self, url: str) -> bytes | str:
        try:
            return await self._fetch(url)
        except TryAgain as away:
            log.warning("not_published", reason=str(away))
            if url in self._kept:
                again = time.monotonic() + min(MISSING_SECONDS, self._kept_seconds)
                self._kept[url] = (again, self._kept[url][1])
            return str(away)

    def _keep(self, url: str, found: "asyncio.Future[bytes | str]", seconds: float) -> None:
        self._kept[url] = (time.monotonic() + seconds, found)
        self._kept.move_to_end(url)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)


def _read(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError:
        return None
    return content if len(content) <= MOST_BYTES else None
