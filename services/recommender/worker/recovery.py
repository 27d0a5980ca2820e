"""Which stored offsets can be gone on from, and what becomes of those that cannot (contracts.md 2).

An offset whose record the log does not have, or has another at, is set to the log's beginning (fenced);
for interactions the log gets a new id. That is always safe, because merges are idempotent.
"""

import uuid
from collections.abc import Mapping
from typing import NamedTuple

import structlog
from aiokafka import TopicPartition

from libs.common.contracts.redis_values import Mark, Offsets, pack
from libs.common.contracts.topics import INTERACTION, LEARNER
from libs.common.settings import KafkaSettings
from services.recommender.store import Commit, Store
from services.recommender.worker.metrics import RECOVERIES
from services.recommender.worker.probe import Extent, Probe, probing
from services.recommender.worker.session import Session, Stream

log = structlog.get_logger()
Extents = Mapping[TopicPartition, Extent]


class Checked(NamedTuple):
    """The offsets of a partition to go on from, and what Redis holds of them now."""

    stored: bytes | None
    offsets: Offsets


async def recover(
    settings: KafkaSettings,
    store: Store,
    partitions: list[int],
    witnesses: Mapping[TopicPartition, Mark],
) -> dict[int, Session]:
    """A session for each partition, its streams not opened yet; those that moved meanwhile are left out.

    `witnesses` are records that stood in the logs when this worker last began to read them.
    Raises TryAgain when Kafka or Redis is away.
    """
    stored = dict(zip(partitions, await store.offsets(partitions), strict=True))
    unpacked = {p: store.unpack_offsets(raw) for p, raw in stored.items()}
    known = {p: offsets for p, offsets in unpacked.items() if offsets is not None}
    async with probing(settings) as probe:
        extents = await probe.extents([place for p in partitions for place in places(p)])
        proven = await _proven(probe, known, extents)
        for place in await _replaced(probe, partitions, witnesses, extents):
            proven.pop(place, None)
        checked = {p: Checked(stored[p], _kept(known.get(p), p, proven)) for p in partitions}
        fenced = await _fence(store, checked)
        anchors = await _anchors(probe, fenced, extents)
    return {p: _session(p, offsets, extents, anchors) for p, offsets in fenced.items()}


def places(partition: int) -> tuple[TopicPartition, TopicPartition]:
    """Both logs of a partition: learners, interactions."""
    return TopicPartition(LEARNER.name, partition), TopicPartition(INTERACTION.name, partition)


def _marks(partition: int, offsets: Offsets) -> dict[TopicPartition, Mark]:
    found = zip(places(partition), (offsets.learner, offsets.interaction), strict=True)
    return {place: mark for place, mark in found if mark is not None}


async def _proven(
    probe: Probe, known: Mapping[int, Offsets], extents: Extents
) -> dict[TopicPartition, Mark]:
    """The marks whose record stands where they say."""
    marks = {
        place: mark
        for partition, offsets in known.items()
        for place, mark in _marks(partition, offsets).items()
        if extents[place].holds(mark.offset)
    }
    found = await probe.first_records({place: mark.offset for place, mark in marks.items()})
    return {place: mark for place, mark in marks.items() if found[place] == mark}


async def _replaced(
    probe: Probe, partitions: list[int], witnesses: Mapping[TopicPartition, Mark], extents: Extents
) -> set[TopicPartition]:
    """The logs that are shorter than their witness, or have another record in its place. One that
    compaction or retention took says nothing."""
    ours = {p for partition in partitions for p in places(partition) if p in witnesses}
    there = {p: witnesses[p].offset for p in ours if extents[p].holds(witnesses[p].offset)}
    found = await probe.first_records(there)
    return {p for p in ours if witnesses[p].offset >= extents[p].end} | {
        p for p, mark in found.items() if mark.offset == there[p] and mark != witnesses[p]
    }


def _kept(known: Offsets | None, partition: int, proven: Mapping[TopicPartition, Mark]) -> Offsets:
    if known is None:
        return Offsets(_new_log())
    learner, interaction = places(partition)
    kept = proven.get(learner), proven.get(interaction)
    same_log = kept[1] == known.interaction
    return Offsets(known.log if same_log else _new_log(), *kept)


def _new_log() -> str:
    return uuid.uuid4().hex


async def _fence(store: Store, checked: Mapping[int, Checked]) -> dict[int, Offsets]:
    """Stores what was reset; leaves out partitions whose stored offsets have moved meanwhile."""
    reset = {p: c for p, c in checked.items() if c.stored != pack(c.offsets)}
    RECOVERIES.labels("kept").inc(len(checked) - len(reset))
    RECOVERIES.labels("reset").inc(len(reset))
    if any(c.stored is not None for c in reset.values()):
        log.warning("logs_read_from_their_beginning", partitions=sorted(reset))
    commits = [Commit(p, c.stored, pack(c.offsets), []) for p, c in reset.items()]
    done = dict(zip(reset, await store.commit(commits), strict=True))
    return {p: c.offsets for p, c in checked.items() if done.get(p, True)}


async def _anchors(
    probe: Probe, fenced: Mapping[int, Offsets], extents: Extents
) -> dict[TopicPartition, Mark]:
    """The marks, and the first record of each log that is read from its beginning."""
    marks = {
        place: mark for p, offsets in fenced.items() for place, mark in _marks(p, offsets).items()
    }
    from_beginning = {
        place: extents[place].begin
        for p in fenced
        for place in places(p)
        if place not in marks and extents[place].end > extents[place].begin
    }
    return {**marks, **await probe.first_records(from_beginning)}


def _session(
    partition: int, offsets: Offsets, extents: Extents, anchors: Mapping[TopicPartition, Mark]
) -> Session:
    learner, interaction = places(partition)
    return Session(
        partition=partition,
        stored=pack(offsets),
        log=offsets.log,
        learner=_stream(offsets.learner, extents[learner], anchors.get(learner)),
        interaction=_stream(offsets.interaction, extents[interaction], anchors.get(interaction)),
    )


def _stream(mark: Mark | None, extent: Extent, anchor: Mark | None) -> Stream:
    return Stream(
        mark=mark,
        anchor=anchor,
        end=extent.end if extent.end > extent.begin else 0,
        rebuilding=mark is None,
    )
