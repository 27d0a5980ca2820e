"""Noticing a Redis that lost what it had of partitions without traffic: their fence is never tried.

While a partition has traffic its own commits find out; so only offsets that stay wrong from one look to
the next, without a commit between, are in doubt.
"""

import asyncio

import structlog

from libs.common.errors import TryAgain
from services.recommender.store import Store
from services.recommender.worker.ownership import Ownership

log = structlog.get_logger()


class Patrol:
    """Looks at the stored offsets of all sessions now and then; `problem` is for Health."""

    def __init__(self, store: Store, ownership: Ownership, *, every: float = 1.0) -> None:
        self._store = store
        self._ownership = ownership
        self._every = every
        self._suspects: dict[int, bytes] = {}
        self._problem: str | None = "Redis has not been asked yet"

    def problem(self) -> str | None:
        """Why Redis is not well; None when it is."""
        return self._problem

    async def run(self) -> None:
        """Looks until cancelled."""
        while True:
            try:
                await self.look()
                self._problem = None
            except TryAgain as error:
                self._problem = str(error)
            await asyncio.sleep(self._every)

    async def look(self) -> None:
        """Has partitions checked again whose stored offsets are not ours for the second time."""
        sessions = list(self._ownership.sessions.values())
        expected = [session.stored for session in sessions]
        stored = await self._store.offsets([session.partition for session in sessions])
        before, self._suspects = self._suspects, {}
        for session, ours, theirs in zip(sessions, expected, stored, strict=True):
            if theirs == ours or session.stored != ours:
                continue
            self._suspects[session.partition] = ours
            if before.get(session.partition) == ours:
                log.warning("offsets_lost", partition=session.partition)
                self._ownership.doubt_session(session)
