"""One fit, from the archive to what the live item side can take over."""

import asyncio
import os
import shutil
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

import structlog

from libs.common.clock import Clock
from services.recommender.model.arrays import Corrupt
from services.recommender.model.learned import Model, empty
from services.recommender.model.live import Fold, Start
from services.recommender.model.training import Tuning
from services.recommender.trainer import fitting, metrics
from services.recommender.trainer.fit import Job
from services.recommender.trainer.fitting import FitFailed
from services.recommender.trainer.learners import Learners
from services.recommender.trainer.saving import Saver
from services.recommender.trainer.settings import Settings

log = structlog.get_logger()


class Fit(NamedTuple):
    """What came of a fit. version: the name of its model."""

    version: str
    trained_at: datetime
    fold: Fold
    metrics: dict[str, float]


class Training:
    """Fits, and remembers what the schedule asks about.

    trained_at: when the newest model was trained, None before the first; tastes: on how many. ended_at: when the last fit of
    this process ended, on the monotonic clock; took: how long it took, in seconds.
    events_at_fit: how many events its data had.
    """

    def __init__(
        self,
        settings: Settings,
        learners: Learners,
        saver: Saver,
        clock: Clock,
        tuning: Tuning | None,
    ) -> None:
        self._settings = settings
        self._tuning = tuning
        self._learners = learners
        self._saver = saver
        self._clock = clock
        self._result = settings.archive_directory.parent / "fit"
        self._start = settings.archive_directory.parent / "start"
        self.events_at_fit = 0
        self.ended_at = -float("inf")
        self.trained_at: datetime | None = None
        self.tastes = 1.0
        self.took = 0.0

    async def fit(self, start: Start | None, saved: Callable[[], None]) -> Fit | None:
        """Saves and fits in a child process. None when it failed: that is logged and counted.

        saved: called when the fit's data is saved: what comes from then on is not in it.
        start: the live factors, from which few sweeps do, as long as they were trained with the same settings.
        """
        started = time.monotonic()
        self.events_at_fit = self._learners.events
        try:
            try:
                fit = await self._fit(start, saved)
            finally:
                await self._saver.release()
        except (FitFailed, Corrupt, OSError) as error:
            log.error("fit_failed", error=str(error))
            metrics.FITS.labels("failed").inc()
            return None
        finally:
            self.ended_at = time.monotonic()
            self.took = self.ended_at - started
        self.resume(fit.trained_at, fit.metrics)
        metrics.FITS.labels("succeeded").inc()
        metrics.FIT_SECONDS.observe(self.took)
        return fit

    def resume(self, trained_at: datetime, metrics: Mapping[str, float]) -> None:
        """Takes note of the newest trained model."""
        self.trained_at, self.tastes = trained_at, max(1.0, metrics.get("tastes", 1.0))

    def first(self) -> Model:
        """A model of nothing, so that workers have one from the first moment."""
        moment = self._clock()
        return empty(version_at(moment), moment, self._settings.trend_half_life_hours)

    async def _fit(self, start: Start | None, saved: Callable[[], None]) -> Fit:
        self._learners.live.mark()
        number, trained_at = await self._saver.save(), self._clock()
        saved()
        self._saver.hold(number)
        await asyncio.to_thread(shutil.rmtree, self._result, ignore_errors=True)
        if self._settings.train_spark_master is not None:
            start = None  # Spark's ALS always begins anew
        if start is not None:
            await asyncio.to_thread(fitting.give_start, self._start, start)
        await fitting.run(
            self._job(number, warm=start is not None), self._settings.train_limit_seconds
        )
        credentials = len(self._learners.states.credentials)
        found = await asyncio.to_thread(fitting.take_result, self._result, credentials)
        return Fit(version_at(trained_at), trained_at, *found)

    def _job(self, number: int, *, warm: bool) -> Job:
        settings = self._settings
        return Job(
            archive=str(settings.archive_directory),
            number=number,
            result=str(self._result),
            start=str(self._start) if warm else None,
            parent=os.getpid(),
            threads=settings.train_threads,
            niceness=settings.train_niceness,
            tuning=self._tuning,
            spark_master=settings.train_spark_master,
        )


def version_at(moment: datetime) -> str:
    """A version's name: the time of its data, to the millisecond, so that names sort by time."""
    return f"{moment:%Y%m%dT%H%M%S}.{moment.microsecond // 1000:03d}Z"
