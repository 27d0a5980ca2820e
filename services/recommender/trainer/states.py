"""Every learner's state: the archive's columns, and above them the learners who changed since.

Changed learners are kept packed; when there are many, or it is time to save, they are folded into
new columns. What is being folded stays readable until the new columns are adopted.
"""

from collections.abc import Mapping

import numpy as np

from libs.common.contracts.redis_values import LearnerState, Packed, pack
from services.recommender.trainer.columns import (
    CONSENTED,
    Columns,
    Credentials,
    bare_profile,
    join,
    of_states,
    take,
)

Changed = dict[str, tuple[int, bytes]]
"""Learner key → partition and packed state."""
_PACKED = Packed(LearnerState)


class States:
    """The states by learner key."""

    def __init__(
        self, columns: Columns | None = None, credentials: Credentials | None = None
    ) -> None:
        self.credentials = credentials or Credentials()
        self.columns = columns or of_states([], self.credentials)
        self._changed: Changed = {}
        self._folding: Changed = {}

    @property
    def changed(self) -> int:
        """How many learners are not in the columns as they are now."""
        return len(self._changed) + len(self._folding)

    def get(self, learner_key: str) -> LearnerState | None:
        """The learner's state, its profile cut down to the revision; None for an unknown learner."""
        packed = self._changed.get(learner_key) or self._folding.get(learner_key)
        if packed is not None:
            return _PACKED.unpack(packed[1])
        place = self.columns.find(learner_key)
        return None if place is None else self.columns.state(place, self.credentials)

    def put(self, partition: int, state: LearnerState) -> None:
        """Replaces the learner's state."""
        self.credentials.add(state.interactions)
        self._changed[state.learner_key] = (partition, pack(_slim(state)))

    def freeze(self) -> Changed:
        """The changed learners, to be folded; nothing may be frozen already."""
        if self._folding:
            raise RuntimeError("the changes frozen before have not been adopted or returned")
        self._folding, self._changed = self._changed, {}
        return self._folding

    def adopt(self, columns: Columns) -> None:
        """The frozen changes are in `columns` now."""
        self.columns, self._folding = columns, {}

    def thaw(self) -> None:
        """The frozen changes could not be folded: they are changes again."""
        self._changed, self._folding = {**self._folding, **self._changed}, {}


def fold(
    columns: Columns,
    changed: Mapping[str, tuple[int, bytes]],
    credentials: Credentials,
    forget_before: int,
) -> Columns:
    """New columns with the changed learners in place of their old selves.

    Empty markers (no consent, or erased) of before `forget_before` (Unix ms) are left out: whatever
    they hold off has left the log by then. Runs in a thread; reads nothing that changes meanwhile.
    """
    unpacked = ((partition, _unpack(raw)) for partition, raw in changed.values())
    newer = of_states(unpacked, credentials)
    replaced = [place for place in map(columns.find, changed) if place is not None]
    kept = np.ones(len(columns), bool)
    kept[replaced] = False
    folded = join(take(columns, np.flatnonzero(kept)), newer)
    empty = np.diff(folded.ends, prepend=0) == 0
    expired = (
        empty & ((folded.flags & CONSENTED) == 0) & (folded.consent_changed_at < forget_before)
    )
    return take(folded, np.flatnonzero(~expired)) if expired.any() else folded


def _unpack(raw: bytes) -> LearnerState:
    state = _PACKED.unpack(raw)
    assert state is not None
    return state


def _slim(state: LearnerState) -> LearnerState:
    """Without what the trainer does not need: of the profile the revision remains."""
    return LearnerState(
        learner_key=state.learner_key,
        consent_changed_at=state.consent_changed_at,
        erased=state.erased,
        consented=state.consented,
        profile=None if state.profile is None else bare_profile(state.profile.revision),
        interactions=state.interactions,
    )
