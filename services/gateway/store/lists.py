"""Learners' lists as the workers wrote them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import monotonic
from typing import NamedTuple

import structlog
from msgspec import DecodeError

from libs.common.contracts import redis_keys
from libs.common.contracts.redis_values import Lookup, Offsets, Packed
from libs.common.errors import TryAgain
from services.gateway.kept import Kept
from services.gateway.packed import PackedList
from services.gateway.store.changes import Changes
from services.gateway.store.reads import Reads
from services.gateway.usecases.ports import Found

log = structlog.get_logger()

LOOKUP, OFFSETS, LIST = Packed(Lookup), Packed(Offsets), Packed(PackedList)

REMEMBERED_SECONDS = 10.0
MOST_REMEMBERED = 20_000


class Remembered(NamedTuple):
    lookup: Lookup
    learner_key: str
    until: float


class Lists:
    """Every method raises TryAgain while Redis is away."""

    def __init__(
        self,
        reads: Reads,
        changes: Changes,
        pepper: str,
        *,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._reads = reads
        self._changes = changes
        self._pepper = pepper
        self._clock = clock
        self._lookups = Kept[tuple[str, str], Remembered](MOST_REMEMBERED)

    async def find(self, partner_id: str, learner_id: str) -> tuple[Lookup | None, Found | None]:
        """Where a learner's list is, and the list as it is now.

        A lookup seen within the last seconds is not read again while it leads to a list: erasure
        deletes the list, and whoever comes back does so under a new key.
        """
        learner = partner_id, learner_id
        known = self._lookups.get(learner)
        if known is not None and self._clock() < known.until:
            found = await self.read(known.lookup.partition, known.learner_key)
            if found is not None:
                return known.lookup, found
        (raw,) = await self._reads.get(redis_keys.lookup(self._pepper, partner_id, learner_id))
        lookup = LOOKUP.unpack(raw)
        if lookup is None or lookup.learner_key is None:
            self._lookups.forget(learner)
            return lookup, None
        until = self._clock() + REMEMBERED_SECONDS
        self._lookups.put(learner, Remembered(lookup, lookup.learner_key, until))
        return lookup, await self.read(lookup.partition, lookup.learner_key)

    async def read(self, partition: int, learner_key: str) -> Found | None:
        """The learner's list as it is now."""
        ranked, offsets = await self._reads.get(
            redis_keys.ranked(partition, learner_key), redis_keys.offsets(partition)
        )
        return _found(ranked, offsets)

    async def wait(
        self, partition: int, learner_key: str, position: int | None, seconds: float
    ) -> Found | None:
        """The list once it includes the position (None: once there is one), or as it is after `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                async with self._changes.of(partition, learner_key) as changed:
                    while True:
                        changed.clear()
                        found = await self.read(partition, learner_key)
                        if found is not None and found.covers(position):
                            return found
                        await changed.wait()
        except (TimeoutError, TryAgain):
            return await self.read(partition, learner_key)

    @asynccontextmanager
    async def changing(self, partner_id: str, learner_id: str) -> AsyncIterator[asyncio.Event]:
        """An event that every change of the learner's list sets from now on. Raises TryAgain also where no list can be
        found yet."""
        lookup, _ = await self.find(partner_id, learner_id)
        if lookup is None or lookup.learner_key is None:
            raise TryAgain("no worker has applied this learner yet")
        async with self._changes.of(lookup.partition, lookup.learner_key) as changed:
            yield changed


def _found(ranked: bytes | None, offsets: bytes | None) -> Found | None:
    """None also where a list cannot be read: it is made again like one that was lost."""
    try:
        stored, covered = LIST.unpack(ranked), OFFSETS.unpack(offsets)
    except DecodeError as unreadable:
        log.warning("a stored list cannot be read", error=str(unreadable))
        return None
    return None if stored is None else Found(stored, None if covered is None else covered.log)
