"""Bringing back from the trainer's archive what Redis has lost (contracts.md 2: snapshot, then log).

The archive's states are joined with those in Redis by the rules of events, after the partition's
learners were read to their end: what was erased or withdrawn since stays so. If the log still has the
record that the archive ends with, it is read on from there, otherwise from its beginning.
"""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import structlog
from aiokafka import TopicPartition

from libs.common.contracts.redis_values import LearnerState, Mark, Offsets, pack
from libs.common.contracts.topics import INTERACTION
from libs.common.errors import TryAgain
from libs.common.settings import KafkaSettings
from services.recommender.domain.learner_state import Place, join
from services.recommender.model.arrays import Corrupt
from services.recommender.shared_archive import SharedArchive
from services.recommender.store import Commit, Result, Store
from services.recommender.trainer.archive import Archived
from services.recommender.worker.metrics import RESTORED
from services.recommender.worker.probe import Extent, probing
from services.recommender.worker.session import Session, Stream

log = structlog.get_logger()

AT_ONCE = 500
"""Learners read and joined between two looks at the loop."""
Ends = Mapping[int, tuple[Mark, Extent]]
"""By partition the archive's last interaction, where the log has it, and the log's extent."""


class Restorer:
    """`scratch`: where a remote archive is copied to, for as long as it is used."""

    def __init__(
        self, settings: KafkaSettings, store: Store, shared: SharedArchive, scratch: Path | None
    ) -> None:
        self._settings = settings
        self._store = store
        self._shared = shared
        self._scratch = scratch
        self._held: tuple[str, Archived] | None = None

    async def restore(self, sessions: Sequence[Session]) -> AsyncIterator[Session]:
        """The sessions one after the other, restored and not opened; those that moved meanwhile are left out.

        Raises TryAgain when the store, Redis or Kafka is away.
        """
        if not sessions:
            return
        since, learners = time.monotonic(), 0
        archived = await self._newest()
        if archived is None:
            RESTORED.labels("log_only").inc(len(sessions))
            for session in sessions:
                yield replace(session, restored=True)
            return
        ends = await self._ends([session.partition for session in sessions], archived)
        for session in sessions:
            places = archived.columns.of_partition(session.partition)
            learners += len(places)
            restored = await self._restore(session, archived, places, ends)
            if restored is not None:
                known = session.partition in ends
                RESTORED.labels("archive_and_on" if known else "archive_and_log").inc()
                yield restored
        seconds = round(time.monotonic() - since, 3)
        log.info("restored", partitions=len(sessions), learners=learners, seconds=seconds)

    def release(self) -> None:
        """Nobody needs the archive now: what is erased is not to stay in a copy of it."""
        self._held = None

    async def _newest(self) -> Archived | None:
        try:
            found = await asyncio.to_thread(self._open, self._held)
        except Corrupt as error:
            log.error("archive_corrupt", error=str(error))
            return None
        except OSError as error:
            raise TryAgain(f"the archive cannot be read: {error}") from error
        if found is None:
            log.warning("no_archive")
            return None
        self._held = found
        return found[1]

    def _open(self, held: tuple[str, Archived] | None) -> tuple[str, Archived] | None:
        """The newest save; the trainer may put another in its place while it is read."""
        name = self._shared.newest()
        while name is not None and (held is None or held[0] != name):
            try:
                held = name, self._shared.read(name, self._scratch)
            except (Corrupt, FileNotFoundError):
                before, name = name, self._shared.newest()
                if name == before:
                    raise
        return None if name is None else held

    async def _ends(self, partitions: Sequence[int], archived: Archived) -> Ends:
        places = {p: TopicPartition(INTERACTION.name, p) for p in partitions}
        async with probing(self._settings) as probe:
            extents = await probe.extents(list(places.values()))
            marks = {
                place: mark
                for p, place in places.items()
                if (mark := archived.marks.get((INTERACTION.name, p))) is not None
                and extents[place].holds(mark.offset)
            }
            found = await probe.first_records({place: mark.offset for place, mark in marks.items()})
        return {
            place.partition: (mark, extents[place])
            for place, mark in marks.items()
            if found[place] == mark
        }

    async def _restore(
        self, session: Session, archived: Archived, places: Sequence[int], ends: Ends
    ) -> Session | None:
        """The session after one fenced commit of states and offsets; None when the fence refused it.

        Each restoration draws a log id of its own, so that of two at the same time only one is done.
        """
        partition, (mark, extent) = session.partition, ends.get(session.partition, (None, None))
        offsets = Offsets(uuid.uuid4().hex, session.learner.mark, mark)
        place = None if mark is None else Place(offsets.log, mark.offset)
        results: list[Result] = []
        for some in _slices(places):
            states = await asyncio.to_thread(_read, archived, some)
            keys = [state.learner_key for state in states]
            found = await self._store.states({partition: keys})
            if found.broken:
                # Without its learner's snapshot such a state cannot be made again: that log must be read too.
                await self._store.forget(partition, session.stored, found.broken[partition])
                return None
            results += await asyncio.to_thread(_joined, states, found.known, place)
        if mark is None and not results:
            return replace(session, restored=True)
        commit = Commit(partition, session.stored, pack(offsets), results)
        if await self._store.commit([commit]) != [True]:
            return None
        interaction = session.interaction
        if mark is not None and extent is not None:
            interaction = Stream(mark=mark, anchor=mark, end=extent.end, rebuilding=True)
        return replace(
            session,
            stored=commit.offsets,
            log=offsets.log,
            interaction=interaction,
            restored=True,
        )


def _slices(places: Sequence[int]) -> Iterator[Sequence[int]]:
    return (places[start : start + AT_ONCE] for start in range(0, len(places), AT_ONCE))


def _read(archived: Archived, places: Sequence[int]) -> list[LearnerState]:
    """The states at these places, without the profiles: of those the archive has only the revisions."""
    found = (archived.columns.state(place, archived.credentials) for place in places)
    return [msgspec.structs.replace(state, profile=None) for state in found]


def _joined(
    archived: Sequence[LearnerState], known: Mapping[str, LearnerState], place: Place | None
) -> list[Result]:
    """What changes in Redis. No lists: they are made when they are asked for, as after any rebuild."""
    results = []
    for state in archived:
        before = known.get(state.learner_key)
        after = join(before, state, place=place)
        if after is not before:
            results.append(Result(after.learner_key, pack(after), None, marker=not after.consented))
    return results
