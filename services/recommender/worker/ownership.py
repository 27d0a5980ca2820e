"""Partitions come and go; each is projected only after its stored offsets were checked.

Checking runs beside the consumption: a partition is paused, recovered, sought to where it goes on, and
resumed. Its interactions wait until its learners have been read to their end, so that a rebuild knows
every consent before the first interaction (contracts.md 5). Those that the trainer's archive has come
first, if Redis does not say how far it has come: then the partition is checked once more.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import IllegalStateError

from libs.common.contracts.redis_values import Mark
from libs.common.contracts.topics import LEARNER
from libs.common.errors import TryAgain
from services.recommender.worker.metrics import OWNED
from services.recommender.worker.probe import Extent
from services.recommender.worker.recovery import places
from services.recommender.worker.restoring import Restorer
from services.recommender.worker.session import Session, Stream

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 5.0

log = structlog.get_logger()
Witnesses = Mapping[TopicPartition, Mark]
Recover = Callable[[list[int], Witnesses], Awaitable[dict[int, Session]]]


class Ownership(ConsumerRebalanceListener):  # type: ignore[misc]
    """`sessions` are the partitions that may be projected. `consumer` gives the started consumer."""

    def __init__(
        self, recover: Recover, restorer: Restorer, consumer: Callable[[], AIOKafkaConsumer]
    ) -> None:
        self.sessions: dict[int, Session] = {}
        self._recover = recover
        self._restorer = restorer
        self._consumer = consumer
        self._learners_read: set[int] = set()
        self._doubtful: dict[int, object] = {}
        self._witnesses: dict[TopicPartition, Mark] = {}
        self._wake = asyncio.Event()

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Whatever is being computed for them is refused by the fence, or still right."""
        for partition in {place.partition for place in revoked}:
            self._leave(partition)
            self._doubtful.pop(partition, None)
            self._learners_read.discard(partition)
        OWNED.set(len(self.sessions))

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Nothing of them is read before they are checked."""
        partitions = {place.partition for place in assigned}
        self._pause(partitions)
        for partition in partitions:
            self.doubt(partition)

    def doubt(self, partition: int) -> None:
        """Stops projecting a partition until it has been checked again."""
        self._leave(partition)
        self._doubtful[partition] = object()
        self._wake.set()

    def doubt_session(self, session: Session) -> None:
        """The same, unless the partition has left or been checked since the session began."""
        if self.sessions.get(session.partition) is session:
            self.doubt(session.partition)

    def problem(self) -> str | None:
        """Why the projection is behind, for Health; None when it is not."""
        if self._doubtful:
            return f"{len(self._doubtful)} partitions are not checked yet"
        behind = [s for s in self.sessions.values() if not s.interaction.caught_up]
        return f"{len(behind)} partitions are catching up" if behind else None

    async def run(self) -> None:
        """Checks partitions as they become doubtful, for as long as the process runs."""
        pause = FIRST_PAUSE
        while True:
            _end_when_cancelled()
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._check(dict(self._doubtful))
                pause = FIRST_PAUSE
            except TryAgain as error:
                log.warning("partitions_not_checked", reason=str(error), seconds=pause)
                await asyncio.sleep(pause)
                pause = min(LONGEST_PAUSE, 2 * pause)
            if self._doubtful:
                await asyncio.sleep(FIRST_PAUSE)
                self._wake.set()

    def go_on(self, session: Session) -> None:
        """After a commit: lets interactions in once the partition's learners are read to their end."""
        if self.sessions.get(session.partition) is not session:
            return
        if session.wants_archive and session.learner.caught_up:
            self._learners_read.add(session.partition)
            self.doubt(session.partition)
        else:
            self._open_interactions(session)

    def _open_interactions(self, session: Session) -> None:
        place = places(session.partition)[1]
        if session.learner.caught_up and not session.interaction.opened:
            self._open(session.interaction, place)

    def places(self) -> list[TopicPartition]:
        """Both logs of every partition that is projected."""
        return [place for partition in self.sessions for place in places(partition)]

    async def read_to(self, extents: Mapping[TopicPartition, Extent], deadline: float) -> None:
        """Returns when everything up to these ends has been applied. Raises TryAgain at the deadline
        (of the monotonic clock)."""
        while behind := [
            place for place, extent in extents.items() if not self._read(place, extent)
        ]:
            if time.monotonic() > deadline:
                raise TryAgain(f"{len(behind)} logs could not be read to their end")
            await asyncio.sleep(0.02)

    def _read(self, place: TopicPartition, extent: Extent) -> bool:
        session = self.sessions.get(place.partition)
        if extent.begin == extent.end or session is None:
            return extent.begin == extent.end
        stream = session.learner if place.topic == LEARNER.name else session.interaction
        return stream.mark is not None and stream.mark.offset >= extent.end - 1

    async def _check(self, doubtful: dict[int, object]) -> None:
        if not doubtful:
            return
        self._pause(doubtful)
        recovered = await self._recover(sorted(doubtful), self._witnesses)
        due = [session for session in recovered.values() if self._may_restore(session)]
        for session in recovered.values():
            if session not in due:
                self._begin(session, doubtful)
        async for session in self._restorer.restore(due):
            self._begin(session, doubtful)
        if not self._doubtful and not any(s.wants_archive for s in self.sessions.values()):
            self._restorer.release()
        OWNED.set(len(self.sessions))

    def _leave(self, partition: int) -> None:
        """Remembers where the session began, so that a log replaced meanwhile is recognised."""
        if (session := self.sessions.pop(partition, None)) is not None:
            streams = (session.learner, session.interaction)
            for place, stream in zip(places(partition), streams, strict=True):
                if stream.witness is not None:
                    self._witnesses[place] = stream.witness

    def _may_restore(self, session: Session) -> bool:
        """Learners may go on coming; those that stood in the log when it was first checked are read."""
        read = session.partition in self._learners_read and session.learner.mark is not None
        return session.wants_archive and (read or session.learner.caught_up)

    def _begin(self, session: Session, doubtful: Mapping[int, object]) -> None:
        """Projects the partition, unless it has left or become doubtful again since."""
        if self._doubtful.get(session.partition) is not doubtful[session.partition]:
            return
        try:
            self._open(session.learner, places(session.partition)[0])
            self._open_interactions(session)
        except IllegalStateError:  # no longer ours; the rebalance will have said or will say so
            return
        self.sessions[session.partition] = session
        self._learners_read.discard(session.partition)
        for place in places(session.partition):
            self._witnesses.pop(place, None)
        del self._doubtful[session.partition]

    def _pause(self, partitions: Iterable[int]) -> None:
        consumer = self._consumer()
        assigned = consumer.assignment()
        consumer.pause(*(place for p in partitions for place in places(p) if place in assigned))

    def _open(self, stream: Stream, place: TopicPartition) -> None:
        consumer = self._consumer()
        if stream.anchor is not None:
            consumer.seek(place, stream.anchor.offset)
        consumer.resume(place)
        stream.opened = True


def _end_when_cancelled() -> None:
    """aiokafka swallows the cancellation of whoever is waiting for its consumer to stop."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
