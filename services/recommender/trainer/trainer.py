"""What the trainer does once a second beside consuming: stream, save, fit, announce, roll back."""

import asyncio
import time
from collections.abc import Sequence

import structlog

from libs.common.clock import Clock
from libs.common.contracts.profile import Interaction, Learner
from libs.common.contracts.redis_values import Mark
from libs.common.errors import StackwiseError, TryAgain
from libs.common.kafka.records import Record
from services.recommender.model import artefact
from services.recommender.model.arrays import Corrupt
from services.recommender.model.learned import Model
from services.recommender.model.store import ModelStore, Version
from services.recommender.trainer import metrics
from services.recommender.trainer.announcer import Announcer
from services.recommender.trainer.archive import Marks
from services.recommender.trainer.learners import Learners
from services.recommender.trainer.logs import Logs
from services.recommender.trainer.saving import Saver
from services.recommender.trainer.schedule import Schedule
from services.recommender.trainer.settings import Settings
from services.recommender.trainer.training import Training

log = structlog.get_logger()

TICK_SECONDS = 1.0
PROVE_SECONDS = 60.0
TRAINED = "learners"
"""A metric that only a trained model has."""


class Superseded(StackwiseError):
    """Another trainer has taken over; this one ends."""


class Trainer:
    """`marks`: the last record applied of each partition."""

    def __init__(
        self,
        settings: Settings,
        *,
        learners: Learners,
        announcer: Announcer,
        saver: Saver,
        training: Training,
        store: ModelStore,
        marks: Marks,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._learners = learners
        self._announcer = announcer
        self._saver = saver
        self._training = training
        self._store = store
        self._clock = clock
        self._schedule = Schedule(
            minimum=settings.train_minimum,
            after_events=settings.train_after_events,
            every_seconds=settings.train_every_seconds,
            quiet_seconds=settings.train_quiet_seconds,
        )
        self._fitting: asyncio.Task[None] | None = None
        self._event_at = self._proven_at = time.monotonic()
        self.marks = marks

    async def handle(self, batch: Sequence[Record]) -> None:
        """Applies a batch of snapshots and interactions; a mark moves past what is unusable as well."""
        before = self._learners.events
        for record in batch:
            if isinstance(record.value, Learner | Interaction):
                self._learners.apply(record.partition, record.value)
            self.marks[record.topic, record.partition] = Mark(record.offset, record.id)
        if self._learners.events > before:
            self._event_at = time.monotonic()
        metrics.INTERACTIONS.set(self._learners.interactions)

    def problem(self) -> str | None:
        """Why the trainer is not ready; None when it is."""
        return None if self._announcer.announced else "no model has been announced yet"

    async def begin(self) -> None:
        """Takes the epoch and announces the model in force, so that workers need not wait for the logs."""
        self._announcer.take_epoch()
        version, model = await asyncio.to_thread(self._stored_model)
        await self._announce(version, model)

    async def run(self, logs: Logs) -> None:
        """Works until cancelled. Raises Superseded.

        Before the logs have been read no statistic is whole: nothing is streamed or fitted until then.
        """
        try:
            while True:
                await self._tick(logs)
                await asyncio.sleep(TICK_SECONDS)
        finally:
            if self._fitting is not None:
                self._fitting.cancel()
                await asyncio.gather(self._fitting, return_exceptions=True)

    async def _tick(self, logs: Logs) -> None:
        if self._announcer.superseded.is_set():
            raise Superseded("a trainer with a higher epoch has taken over")
        try:
            await self._prove(logs)
            if logs.caught_up:
                await self._announcer.stream(self._learners.trends())
            await self._roll_back()
            if self._saver.due(self._settings.archive_every_seconds):
                await self._saver.save()
        except (TryAgain, OSError) as error:
            log.warning("trainer_tries_again", error=str(error))
        metrics.LEARNERS_CHANGED.set(self._learners.states.changed)
        if self._fitting is not None and self._fitting.done():
            self._fitting.result()
            self._fitting = None
        if self._fitting is None and logs.caught_up and self._due():
            self._fitting = asyncio.create_task(self._fit())

    async def _prove(self, logs: Logs) -> None:
        """Now and then, and when the broker has lost our own topic: are these still the same logs?"""
        if self._announcer.lost(await logs.item_side_end()):
            self._proven_at = -PROVE_SECONDS
        if time.monotonic() - self._proven_at >= PROVE_SECONDS:
            await logs.prove()
            self._proven_at = time.monotonic()

    def _due(self) -> bool:
        now, trained_at = time.monotonic(), self._training.trained_at
        age = None if trained_at is None else (self._clock() - trained_at).total_seconds()
        return self._schedule.due(
            held=self._learners.interactions,
            changed=self._learners.events - self._training.events_at_fit,
            age=age,
            since_fit=now - self._training.ended_at,
            fit_took=self._training.took,
            since_event=now - self._event_at,
        )

    async def _fit(self) -> None:
        fitted = await self._training.fit()
        while fitted is not None:
            try:
                await self._announce(*fitted)
                return
            except (TryAgain, OSError) as error:
                log.warning("announcement_retried", error=str(error))
                await asyncio.sleep(TICK_SECONDS)

    async def _announce(self, version: Version, model: Model) -> None:
        await self._announcer.announce(version, model)
        await asyncio.to_thread(self._remember, version.version)

    def _remember(self, version: str) -> None:
        self._store.set_current(version)
        self._store.prune(self._settings.keep_models, spare={version})

    async def _roll_back(self) -> None:
        wanted = await asyncio.to_thread(self._store.take_rollback)
        if wanted is None:
            return
        versions = {
            version.version: version for version in await asyncio.to_thread(self._store.versions)
        }
        if wanted not in versions:
            log.error("rollback_refused", version=wanted, reason="no such version")
            return
        try:
            model = await asyncio.to_thread(_load, versions[wanted])
        except Corrupt as error:
            log.error("rollback_refused", version=wanted, reason=str(error))
            return
        await self._announce(versions[wanted], model)

    def _stored_model(self) -> tuple[Version, Model]:
        """The version announced last, or the newest that can be loaded, or an empty one."""
        current, versions = self._store.current(), self._store.versions()
        self._training.trained_at = next(
            (version.trained_at for version in versions if TRAINED in version.metrics), None
        )
        for version in [*([current] if current else []), *versions]:
            try:
                return version, _load(version)
            except Corrupt as error:
                log.error("stored_model_corrupt", version=version.version, error=str(error))
        return self._training.first()


def _load(version: Version) -> Model:
    return artefact.load(version.url, version.checksum)
