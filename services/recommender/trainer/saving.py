"""Saving the archive beside the running trainer: folding and writing happen in a thread."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta

import structlog

from libs.common.clock import Clock
from libs.common.contracts.types import milliseconds
from services.recommender.trainer import metrics
from services.recommender.trainer.archive import Archive, Archived, Marks
from services.recommender.trainer.states import Changed, States, fold

log = structlog.get_logger()

MARKERS_KEPT = timedelta(days=400)
"""As long as the interaction topic: then no event is left that a marker must hold off."""
_FEW = 20_000


class Saver:
    """Writes `states` and `marks()` into the archive. `number`: the newest save, None before the first.

    `saved` is told the number of each.
    """

    def __init__(
        self,
        archive: Archive,
        states: States,
        marks: Callable[[], Marks],
        clock: Clock,
        saved: Callable[[int], None],
    ) -> None:
        self._archive = archive
        self._states = states
        self._marks = marks
        self._clock = clock
        self._saved = saved
        self._saving = asyncio.Lock()
        self._saved_marks: Marks | None = None
        self._saved_at = time.monotonic()
        self._in_use: int | None = None
        self.number: int | None = None

    def resume(self, archived: Archived) -> None:
        """Goes on from a loaded archive."""
        self.number = archived.number
        self._archive.prune(keep=[archived.number])
        self._saved(archived.number)

    def due(self, every_seconds: float) -> bool:
        """Whether it is time, or so many learners have changed that they are better kept as columns."""
        changed = self._states.changed
        waited = time.monotonic() - self._saved_at
        return changed > max(_FEW, len(self._states.columns) // 4) or (
            changed > 0 and waited >= every_seconds
        )

    async def save(self) -> int:
        """Saves what is not saved yet; answers the number of the newest save. Raises OSError."""
        return await asyncio.shield(self._save_one_at_a_time())

    def hold(self, number: int) -> None:
        """Keeps a save from being deleted while a fit reads it."""
        self._in_use = number

    async def release(self) -> None:
        """Lets the save that was held go. Raises OSError."""
        self._in_use = None
        async with self._saving:
            if self.number is not None:
                await asyncio.to_thread(self._archive.prune, [self.number])

    async def _save_one_at_a_time(self) -> int:
        """Goes on to its end when the caller is cancelled, so that no save starts beside an unfinished one."""
        async with self._saving:
            marks = dict(self._marks())
            if self.number is None or self._states.changed or marks != self._saved_marks:
                self.number = await self._save(marks)
                self._saved_marks, self._saved_at = marks, time.monotonic()
            return self.number

    async def _save(self, marks: Marks) -> int:
        states = self._states
        ids, changed = list(states.credentials.ids), states.freeze()
        try:
            archived = await asyncio.to_thread(self._write, changed, ids, marks)
        except Exception:
            states.thaw()
            raise
        states.adopt(archived.columns)
        self._saved(archived.number)
        keep = [number for number in (archived.number, self._in_use) if number is not None]
        await asyncio.to_thread(self._archive.prune, keep)
        metrics.ARCHIVED_AT.set(self._clock().timestamp())
        log.info("archive_saved", number=archived.number, learners=len(archived.columns))
        return archived.number

    def _write(self, changed: Changed, ids: list[str], marks: Marks) -> Archived:
        forget = milliseconds(self._clock() - MARKERS_KEPT)
        columns = fold(self._states.columns, changed, self._states.credentials, forget)
        return self._archive.read(self._archive.save(columns, ids, marks))
