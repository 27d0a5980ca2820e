"""What the trainer does once a second beside consuming: stream, save, fit, announce, roll back."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

import structlog

from libs.common.clock import Clock
from libs.common.contracts.profile import Interaction, Learner
from libs.common.contracts.redis_values import Mark
from libs.common.errors import StackwiseError, TryAgain
from libs.common.kafka.records import Record
from services.recommender.model.arrays import Corrupt
from services.recommender.model.learned import Model
from services.recommender.model.store import Version
from services.recommender.trainer import metrics
from services.recommender.trainer.announcer import Announcer
from services.recommender.trainer.archive import Marks
from services.recommender.trainer.guard import Guard
from services.recommender.trainer.learners import Learners
from services.recommender.trainer.live_quality import LiveQuality
from services.recommender.trainer.logs import Logs
from services.recommender.trainer.saving import Saver
from services.recommender.trainer.schedule import Schedule
from services.recommender.trainer.settings import Settings
from services.recommender.trainer.stored import Stored
from services.recommender.trainer.stream import Stream, warm_up
from services.recommender.trainer.training import Training

log = structlog.get_logger()

TICK_SECONDS = 1.0
PROVE_SECONDS = 60.0


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
        stream: Stream,
        saver: Saver,
        training: Training,
        stored: Stored,
        marks: Marks,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._learners = learners
        self._announcer = announcer
        self._stream = stream
        self._saver = saver
        self._training = training
        self._stored = stored
        self._clock = clock
        self._schedule = Schedule(
            minimum=settings.train_minimum,
            after_events=settings.train_after_events,
            every_seconds=settings.train_every_seconds,
            quiet_seconds=settings.train_quiet_seconds,
        )
        self._quality = LiveQuality(lambda: stream.model)
        self._guard = Guard(stream, self._quality)
        self._fitting: asyncio.Task[None] | None = None
        self._speaking = (
            asyncio.Lock()
        )  # one model at a time is announced, and followed by its own rows
        self._resuming: tuple[Version, Model] | None = None
        self._event_at = self._proven_at = time.monotonic()
        self.marks = marks

    async def handle(self, batch: Sequence[Record]) -> None:
        """Applies a batch of snapshots and interactions; a mark moves past what is unusable as well."""
        before = self._learners.events
        async with self._stream.lock:
            for record in batch:
                if isinstance(record.value, Interaction) and self._quality.wants(record.value):
                    self._quality.see(self._learners.states.get(record.key), record.value)
                if isinstance(record.value, Learner | Interaction):
                    self._learners.apply(record.partition, record.value)
                self.marks[record.topic, record.partition] = Mark(record.offset, record.id)
        if self._learners.events > before:
            self._event_at = time.monotonic()
        metrics.INTERACTIONS.set(self._learners.interactions)

    def problem(self) -> str | None:
        """Why the trainer is not ready; None when it is."""
        known = self._announcer.announced or self._resuming
        return None if known else "no model has been announced yet"

    async def begin(self) -> None:
        """Takes the epoch, and announces the model in force, so that workers need not wait for the logs.

        If the topic names it already, with the rows that an earlier trainer sent, it stays like that until the live
        item side is as far: announced now, the followers would go back to the artefact.
        """
        self._announcer.take_epoch()
        if (trained := await asyncio.to_thread(self._stored.trained)) is not None:
            self._training.resume(trained.trained_at, trained.metrics)
        found = await asyncio.to_thread(self._stored.in_force)
        if found is None:
            model = self._training.first()
            found = await asyncio.to_thread(self._stored.save, model), model
        if found[0].version != self._announcer.standing:
            await self._announce(*found)
        self._resuming = found
        await asyncio.to_thread(warm_up)

    async def run(self, logs: Logs) -> None:
        """Works until cancelled. Raises Superseded.

        Before the logs have been read no statistic is whole: nothing is streamed or fitted until then.
        """
        try:
            async with asyncio.TaskGroup() as works:
                works.create_task(self._each_second(lambda: self._tell(logs)))
                works.create_task(self._each_second(lambda: self._choose(logs)))
                works.create_task(self._each_second(self._save))
        finally:
            await self._stop_fitting()

    async def _each_second(self, work: Callable[[], Awaitable[None]]) -> None:
        """A work that waits for the store or the archive holds no other up."""
        while True:
            if self._announcer.superseded.is_set():
                raise Superseded("a trainer with a higher epoch has taken over")
            try:
                await work()
            except (TryAgain, Corrupt, OSError) as error:
                log.warning("trainer_tries_again", error=str(error))
            await asyncio.sleep(TICK_SECONDS)

    async def _choose(self, logs: Logs) -> None:
        """Goes back to the model that someone wishes, or has a new one fitted."""
        await self._go_back()
        if self._fitting is not None and self._fitting.done():
            self._fitting.result()
            self._fitting = None
        if self._fitting is None and logs.caught_up and self._streams and self._due():
            self._fitting = asyncio.create_task(self._fit())

    @property
    def _streams(self) -> bool:
        """Whether the live item side goes on from the model in force."""
        return self._resuming is None and self._stream.model is not None

    async def _tell(self, logs: Logs) -> None:
        self._quality.open = logs.caught_up
        await self._prove(logs)
        if logs.caught_up and not self._speaking.locked():
            async with self._speaking:
                await self._speak()

    async def _go_back(self) -> None:
        """Announces the model that someone wishes back."""
        if (wanted := await asyncio.to_thread(self._stored.wanted)) is not None:
            await self._stop_fitting()
            async with self._speaking:
                await self._announce(*wanted)
            await asyncio.to_thread(self._stored.settled, wanted[0].version)

    async def _save(self) -> None:
        metrics.LEARNERS_CHANGED.set(self._learners.states.changed)
        if self._saver.due(self._settings.archive_every_seconds):
            await self._saver.save()

    async def _speak(self) -> None:
        """Streams what moved. After a start or a rollback the live item side first goes on from the stored model; so it
        does when a fit was stopped while it was taken over."""
        if self._stream.model is None and self._resuming is None:
            standing = self._announcer.announced
            assert standing is not None
            self._resuming = standing, await asyncio.to_thread(self._stored.load, standing)
        if self._resuming is not None:
            wanted, model = self._resuming
            await self._stream.resume(model)
            if self._announcer.announced != wanted:
                await self._announcer.announce(wanted)
            self._stream.follow(model)
            self._resuming = None
        if self._announcer.again and (version := self._announcer.announced) is not None:
            model = await asyncio.to_thread(self._stored.load, version)
            await self._announcer.announce(version)
            self._stream.follow(model)
        await self._stream.send()

    async def _prove(self, logs: Logs) -> None:
        """Now and then, and when the broker has lost our own topic: are these still the same logs?"""
        if self._announcer.lost(await logs.item_side_end()):
            self._proven_at = -PROVE_SECONDS
            await logs.hear_again()
        if time.monotonic() - self._proven_at >= PROVE_SECONDS:
            await logs.prove()
            self._proven_at = time.monotonic()

    async def _stop_fitting(self) -> None:
        if self._fitting is not None:
            self._fitting.cancel()
            await asyncio.gather(self._fitting, return_exceptions=True)
            self._fitting = None

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
            growth=self._learners.live.histories.tastes / self._training.tastes,
        )

    async def _fit(self) -> None:
        await self._guard.begin()
        fit = await self._training.fit(await self._stream.start(), self._guard.saved)
        if fit is None:
            self._guard.drop()
            return
        if (parked := await self._guard.parked(fit)) is not None:
            await self._store(parked)
            return
        prepared = await self._stream.prepare(fit.fold)
        async with self._speaking:
            await self._stream.adopt(prepared)
            model = await self._stream.snapshot(fit.version, fit.trained_at, fit.metrics)
            await self._publish(model)
            self._stream.follow(model)

    async def _publish(self, model: Model) -> None:
        """Stores and announces a new model, for as long as that takes."""
        version = await self._store(model)
        while True:
            try:
                await self._announcer.announce(version)
                return await asyncio.to_thread(self._stored.remember, version.version)
            except (TryAgain, OSError) as error:
                log.warning("announcement_retried", error=str(error))
                await asyncio.sleep(TICK_SECONDS)

    async def _store(self, model: Model) -> Version:
        """Stores a new model, for as long as that takes."""
        while True:
            try:
                return await asyncio.to_thread(self._stored.save, model)
            except OSError as error:
                log.warning("model_not_stored", error=str(error))
                await asyncio.sleep(TICK_SECONDS)

    async def _announce(self, version: Version, model: Model) -> None:
        """Announces a stored model, from which the live item side is to go on."""
        await self._announcer.announce(version)
        self._resuming = version, model
        await asyncio.to_thread(self._stored.remember, version.version)
