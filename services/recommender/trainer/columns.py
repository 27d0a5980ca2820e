"""Learners' states as columns: 13 bytes per interaction, about 60 per learner with a key of 22 characters.

A learner's interactions lie together, by credential. Learners are ordered by a hash of their key, so
that one is found by bisection in memory-mapped arrays.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from libs.common.contracts.profile import Consent, Kind, LearnerProfile
from libs.common.contracts.redis_values import LearnerState, ProfileState

KINDS: tuple[Kind, ...] = ("view", "save", "unsave", "enroll", "withdraw", "complete", "dismiss")
"""A kind's place here is its code on disk: append only."""
CODES: dict[Kind, int] = {kind: code for code, kind in enumerate(KINDS)}
CONSENTED, ERASED = 1, 2
NO_SNAPSHOT = -1
Array = NDArray[Any]


class Credentials:
    """Credential ids by row; rows are given out once and never change."""

    def __init__(self, ids: Iterable[str] = ()) -> None:
        self.ids = list(ids)
        self._rows = {credential_id: row for row, credential_id in enumerate(self.ids)}

    def __len__(self) -> int:
        return len(self.ids)

    def __contains__(self, credential_id: object) -> bool:
        return credential_id in self._rows

    def add(self, credential_ids: Mapping[str, object]) -> None:
        """Gives a row to each that has none."""
        if not credential_ids.keys() <= self._rows.keys():
            for credential_id in credential_ids:
                self.row(credential_id)

    def row(self, credential_id: str) -> int:
        """The credential's row, a new one at its first mention."""
        row = self._rows.setdefault(credential_id, len(self.ids))
        if row == len(self.ids):
            self.ids.append(credential_id)
        return row


@dataclass(frozen=True, slots=True)
class Columns:
    """L learners and N interactions.

    key_hash (L,) uint64, ascending; keys: their UTF-8 in one buffer, key_ends (L,) where each ends;
    partition (L,) uint16; consent_changed_at (L,) ms; revision (L,) of the snapshot, or NO_SNAPSHOT;
    flags (L,) uint8 of CONSENTED and ERASED; ends (L,) where each learner's interactions end;
    credential (N,) uint32 rows of the credential table; kind (N,) uint8 codes; at (N,) `occurred_at` in ms.
    """

    key_hash: Array
    keys: Array
    key_ends: Array
    partition: Array
    consent_changed_at: Array
    revision: Array
    flags: Array
    ends: Array
    credential: Array
    kind: Array
    at: Array

    def __len__(self) -> int:
        return len(self.key_hash)

    def find(self, learner_key: str) -> int | None:
        """The learner's place, or None."""
        wanted, raw = hash_of(learner_key), learner_key.encode()
        place = int(np.searchsorted(self.key_hash, wanted))
        while place < len(self) and self.key_hash[place] == wanted:
            if self._key(place) == raw:
                return place
            place += 1
        return None

    def of_partition(self, partition: int) -> list[int]:
        """The places of a partition's learners."""
        return np.flatnonzero(self.partition == partition).tolist()

    def all_keys(self) -> list[str]:
        """Every learner's key, by place."""
        return [self._key(place).decode() for place in range(len(self))]

    def state(self, place: int, credentials: Credentials) -> LearnerState:
        """The learner's state, its profile cut down to the revision."""
        rows = slice(int(self.ends[place - 1]) if place else 0, int(self.ends[place]))
        interactions: dict[str, dict[Kind, int]] = {}
        columns = (self.credential[rows], self.kind[rows], self.at[rows])
        for row, code, at in zip(*(column.tolist() for column in columns), strict=True):
            interactions.setdefault(credentials.ids[row], {})[KINDS[code]] = at
        flags, revision = int(self.flags[place]), int(self.revision[place])
        return LearnerState(
            learner_key=self._key(place).decode(),
            consent_changed_at=int(self.consent_changed_at[place]),
            erased=bool(flags & ERASED),
            consented=bool(flags & CONSENTED),
            profile=None if revision == NO_SNAPSHOT else bare_profile(revision),
            interactions=interactions,
        )

    def _key(self, place: int) -> bytes:
        start = int(self.key_ends[place - 1]) if place else 0
        return bytes(self.keys[start : int(self.key_ends[place])])


def hash_of(learner_key: str) -> np.uint64:
    """64 bits of BLAKE2b of the key."""
    digest = hashlib.blake2b(learner_key.encode(), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))


def of_states(states: Iterable[tuple[int, LearnerState]], credentials: Credentials) -> Columns:
    """Columns of (partition, state) pairs."""
    learners: list[tuple[np.uint64, bytes, int, int, int, int, int]] = []
    rows: list[tuple[int, int, int]] = []
    for partition, state in states:
        for credential_id, kinds in state.interactions.items():
            row = credentials.row(credential_id)
            rows.extend((row, CODES[kind], at) for kind, at in kinds.items())
        learners.append(
            (
                hash_of(state.learner_key),
                state.learner_key.encode(),
                partition,
                state.consent_changed_at,
                NO_SNAPSHOT if state.profile is None else state.profile.revision,
                CONSENTED * state.consented | ERASED * state.erased,
                len(rows),
            )
        )
    hashes, keys, partitions, consents, revisions, flags, ends = (
        zip(*learners, strict=True) if learners else ((),) * 7
    )
    credential, kind, at = zip(*rows, strict=True) if rows else ((),) * 3
    unordered = Columns(
        key_hash=np.array(hashes, np.uint64),
        keys=np.frombuffer(b"".join(keys), np.uint8),
        key_ends=np.cumsum([len(key) for key in keys], dtype=np.int64),
        partition=np.array(partitions, np.uint16),
        consent_changed_at=np.array(consents, np.int64),
        revision=np.array(revisions, np.int64),
        flags=np.array(flags, np.uint8),
        ends=np.array(ends, np.int64),
        credential=np.array(credential, np.uint32),
        kind=np.array(kind, np.uint8),
        at=np.array(at, np.int64),
    )
    return take(unordered, np.argsort(unordered.key_hash, kind="stable"))


def take(columns: Columns, places: NDArray[np.int64]) -> Columns:
    """The learners at `places`, in that order."""
    keys, key_ends = _segments(columns.key_ends, places)
    rows, ends = _segments(columns.ends, places)
    return Columns(
        key_hash=columns.key_hash[places],
        keys=columns.keys[keys],
        key_ends=key_ends,
        partition=columns.partition[places],
        consent_changed_at=columns.consent_changed_at[places],
        revision=columns.revision[places],
        flags=columns.flags[places],
        ends=ends,
        credential=columns.credential[rows],
        kind=columns.kind[rows],
        at=columns.at[rows],
    )


def join(one: Columns, other: Columns) -> Columns:
    """The learners of both, who are different ones, in the order of their hashes."""
    both = Columns(
        *(
            np.concatenate([getattr(one, name), getattr(other, name) + _shift(one, name)])
            for name in Columns.__slots__
        )
    )
    return take(both, np.argsort(both.key_hash, kind="stable"))


def _shift(before: Columns, name: str) -> Any:
    shifts = {"key_ends": len(before.keys), "ends": len(before.at)}
    return np.int64(shifts[name]) if name in shifts else np.uint8(0)


def _segments(
    ends: Array, places: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which elements the segments at `places` have, in that order, and where each then ends."""
    lengths = np.diff(ends, prepend=0)[places]
    new_ends = np.cumsum(lengths, dtype=np.int64)
    starts = ends[places] - lengths
    shift = np.repeat(starts - (new_ends - lengths), lengths)
    return shift + np.arange(len(shift), dtype=np.int64), new_ends


def bare_profile(revision: int) -> ProfileState:
    """All that the trainer keeps of a snapshot: its revision, below which others are ignored."""
    return ProfileState(
        revision=revision, partner_id="", learner_id="", profile=LearnerProfile(), consent=Consent()
    )
