"""Applying events to the learners' states, and keeping the item side current with them.

An item statistic is a sum over learners of a pure function of a learner's state: a changed state
takes its old terms away and adds its new ones; an unchanged one does nothing.
"""

from collections.abc import Sequence, Set

import numpy as np
from numpy.typing import NDArray

from libs.common.contracts.profile import Interaction, Learner
from libs.common.contracts.redis_values import LearnerState
from services.recommender.domain.history import Taste, tastes
from services.recommender.domain.learner_state import Interactions, merge
from services.recommender.model.histories import Histories
from services.recommender.model.live import Live
from services.recommender.model.trend import TrendSums
from services.recommender.trainer.columns import Columns
from services.recommender.trainer.states import States
from services.recommender.trainer.taste_rows import taste_rows

_TERMS_AT_ONCE = 1024


class Learners:
    """The states, the trend and the live item side, whose credential rows are those of `states.credentials`.

    `events`: how many have changed a learner's interactions so far.
    """

    def __init__(self, states: States, half_life_hours: float) -> None:
        self.states = states
        self.half_life_hours = half_life_hours
        self.events = 0
        self.interactions = len(states.columns.at)
        self._trend = TrendSums(half_life_hours)
        self._terms: list[tuple[int, float, int]] = []
        self._rows = {key: row for row, key in enumerate(states.columns.all_keys())}
        self.live = Live(self._histories(states.columns))

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
        was, now = _moved(old, after.interactions)
        if was != now:
            self._note_trend(was - now, now - was)
            self._put(event.learner_key, tastes(after.interactions))

    def trends(self) -> NDArray[np.float64]:
        """The logarithm of each credential's decayed count, by row of the credential table."""
        self._add_terms()
        return self._trend.logs(len(self.states.credentials))

    def _put(self, learner_key: str, now: list[Taste]) -> None:
        learner = self._rows.setdefault(learner_key, len(self._rows))
        row = self.states.credentials.row
        self.live.put(learner, [row(each[0]) for each in now], [each[1] for each in now])

    def _note_trend(self, gone: Set[Taste], new: Set[Taste]) -> None:
        row = self.states.credentials.row
        for sign, moved in ((-1.0, gone), (1.0, new)):
            self._terms += [
                (row(each.credential_id), sign * each.weight, each.at) for each in moved
            ]
        if len(self._terms) >= _TERMS_AT_ONCE:
            self._add_terms()

    def _add_terms(self) -> None:
        if self._terms:
            self._trend.add(*map(np.array, zip(*self._terms, strict=True)))
            self._terms = []

    def _histories(self, columns: Columns) -> Histories:
        histories = Histories()
        blocks = list(taste_rows(columns))
        for block in blocks:
            self._trend.add(block.credential, block.weight, block.at)
        if blocks:
            learner, credential, weight, at = map(np.concatenate, zip(*blocks, strict=True))
            order = np.lexsort((_places(self.states.credentials.ids)[credential], -at, learner))
            histories.fill(
                learner[order],
                credential[order],
                weight[order].astype(np.float32),
                len(columns),
            )
        return histories


def _places(ids: Sequence[str]) -> NDArray[np.int64]:
    """Each row's place in the order of the ids, by which ties are decided everywhere."""
    places = np.empty(len(ids), np.int64)
    places[sorted(range(len(ids)), key=ids.__getitem__)] = np.arange(len(ids))
    return places


def _same(before: LearnerState, after: LearnerState) -> bool:
    """Whether nothing that the trainer keeps has changed."""
    return before is after or _kept(before) == _kept(after)


def _moved(before: Interactions, after: Interactions) -> tuple[set[Taste], set[Taste]]:
    """The tastes before and after of the credentials whose interactions have changed."""
    changed = [each for each in before.keys() | after.keys() if before.get(each) != after.get(each)]
    was, now = (
        tastes({each: state[each] for each in changed if each in state})
        for state in (before, after)
    )
    return set(was), set(now)


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
