"""Sharing the newest save with the workers, beside the running trainer, and starting from what was shared."""

import asyncio

import structlog

from libs.common.clock import Clock
from services.recommender.model.arrays import Corrupt
from services.recommender.shared_archive import SharedArchive, saved_at
from services.recommender.trainer import metrics
from services.recommender.trainer.archive import Archive, Archived

log = structlog.get_logger()

RETRY_SECONDS = 10.0
LAST_SHARE_SECONDS = 15.0


class Sharer:
    """`run` puts what was offered last into the store, for as long as that takes."""

    def __init__(self, archive: Archive, shared: SharedArchive, clock: Clock) -> None:
        self._archive = archive
        self._shared = shared
        self._clock = clock
        self._offered: int | None = None
        self._done: int | None = None
        self._wake = asyncio.Event()
        self._sharing = asyncio.Lock()

    def newest(self) -> Archived | None:
        """The trainer's own archive, or the shared one if that is newer: a trainer without its disk must
        not begin again, and then put what little it knows in the place of everybody's history.

        Raises OSError when the store does not say."""
        own, name = self._archive.load(), self._shared.newest()
        if name is None or (own is not None and own.saved_at >= saved_at(name)):
            return own
        try:
            self._shared.copy(name, self._archive.next_path())
        except Corrupt as error:
            log.error("shared_archive_corrupt", name=name, error=str(error))
        return self._archive.load()

    def offer(self, number: int) -> None:
        """This save is the newest."""
        self._offered = number
        self._wake.set()

    async def run(self) -> None:
        """Shares until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            if not await self.share():
                await asyncio.sleep(RETRY_SECONDS)
                self._wake.set()

    async def share(self) -> bool:
        """Puts the newest save into the store, unless it is there; says whether it is."""
        return await asyncio.shield(self._share_one_at_a_time())

    async def finish(self) -> None:
        """The same before the trainer ends, for a bounded time."""
        try:
            await asyncio.wait_for(self.share(), LAST_SHARE_SECONDS)
        except TimeoutError:
            log.warning("archive_not_shared", error="the store did not answer in time")

    async def _share_one_at_a_time(self) -> bool:
        """Goes on to its end when the caller is cancelled, so that no older save comes after a newer one."""
        async with self._sharing:
            number = self._offered
            if number is None or number == self._done:
                return True
            try:
                await asyncio.to_thread(self._shared.put, self._archive.path(number))
            except (OSError, Corrupt) as error:
                log.warning("archive_not_shared", number=number, error=str(error))
                return False
            self._done = number
        metrics.ARCHIVE_SHARED_AT.set(self._clock().timestamp())
        return self._done == self._offered
