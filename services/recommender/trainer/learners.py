"""Applying events to the learners' states, and what the item side sums up over them.

An item statistic is a sum over learners of a pure function of a learner's state: a changed state
takes its old terms away and adds its new ones; an unchanged one does nothing.
"""

import numpy as np
from numpy.typing import NDArray

from libs.common.contracts.profile import Interaction, Learner
from libs.common.contracts.redis_values import LearnerState
from services.recommender.domain.history import tastes
from services.recommender.domain.learner_state import Interactions, merge
from services.recommender.model.trend import TrendSums
from services.recommender.trainer.states import States
from services.recommender.trainer.taste_rows import taste_rows


class Learners:
    """The states and the trend. `events`: how many have changed a learner's interactions so far."""

    def __init__(self, states: States, half_life_hours: float) -> None:
        self.states = states
        self.half_life_hours = half_life_hours
        self.events = 0
        self.interactions = len(states.columns.at)
        self._trend = TrendSums(half_life_hours)
        for rows in taste_rows(states.columns):
            self._trend.add(rows.credential, rows.weight, rows.at)

    def apply(self, partition: int, event: Learner | Interaction) -> None:
        """Merges one event of the partition into its learner's state."""
        before = self.states.get(event.learner_key)
        after = merge(before, event)
        if before is not None and _same(before, after):
            return
        self.states.put(partition, after)
        old = {} if before is None else before.interactions
        if old == after.interactions:
            return
        self.events += 1
        self.interactions += _count(after.interactions) - _count(old)
        self._move_trend(old, after.interactions)

    def trends(self) -> NDArray[np.float64]:
        """The logarithm of each credential's decayed count, by row of the credential table."""
        return self._trend.logs(len(self.states.credentials))

    def _move_trend(self, old: Interactions, new: Interactions) -> None:
        before, after = set(tastes(old)), set(tastes(new))
        moved = [(taste, -1.0) for taste in before - after] + [(t, 1.0) for t in after - before]
        row = self.states.credentials.row
        self._trend.add(
            np.array([row(taste.credential_id) for taste, _ in moved], np.int64),
            np.array([sign * taste.weight for taste, sign in moved]),
            np.array([taste.at for taste, _ in moved], np.int64),
        )


def _same(before: LearnerState, after: LearnerState) -> bool:
    """Whether nothing that the trainer keeps has changed."""
    return _kept(before) == _kept(after)


def _kept(state: LearnerState) -> tuple[object, ...]:
    revision = None if state.profile is None else state.profile.revision
    return (
        state.consent_changed_at,
        state.erased,
        state.consented,
        revision,
        state.interactions,
    )


def _count(interactions: Interactions) -> int:
    return sum(map(len, interactions.values()))
