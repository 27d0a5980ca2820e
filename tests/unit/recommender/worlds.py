"""A small catalog and learners' states for tests of ranking."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from libs.common.contracts.catalog import CatalogSnapshot
from libs.common.contracts.profile import HeldSkill, Interaction, Learner
from libs.common.contracts.redis_values import LearnerState
from services.recommender.domain.catalog_index import CatalogIndex
from services.recommender.domain.learner_state import merge
from services.recommender.domain.ports import History
from tests.unit.recommender.events import at, learner

NOW = at(60)


def index(*snapshots: CatalogSnapshot) -> CatalogIndex:
    """A catalog index of these snapshots."""
    catalog = CatalogIndex()
    for snapshot in snapshots:
        catalog.put(snapshot, NOW)
    return catalog


def state_of(*events: Learner | Interaction) -> LearnerState:
    """The state after these events, which start with a plain snapshot unless one is given."""
    state = None if any(isinstance(e, Learner) for e in events) else merge(None, learner())
    for event in events:
        state = merge(state, event)
    assert state is not None
    return state


def with_skills(*ids: str, **parts: Any) -> Learner:
    """A learner who says that they have these skills at level 1."""
    return learner(skills=[HeldSkill(id=each, level=1.0) for each in ids], **parts)


class Neighbours:
    """A model that knows which credential follows which: score 1 per neighbour in the history."""

    version = "test"
    epoch = 1
    seq = 0
    weights: Mapping[str, float] = {}

    def __init__(self, neighbours: dict[str, list[str]], *, support: int = 20) -> None:
        self._neighbours = neighbours
        self.item_ids = sorted({*neighbours, *(n for ns in neighbours.values() for n in ns)})
        self.index = {item: row for row, item in enumerate(self.item_ids)}
        self.support = np.full(len(self.item_ids), support)
        self.trends = np.zeros(len(self.item_ids))

    def affinity(self, history: History) -> np.ndarray:
        scores = np.zeros(len(self.item_ids))
        for item, weight in history:
            for neighbour in self._neighbours.get(item, ()):
                scores[self.index[neighbour]] += weight
        return scores

    def related(self, history: History) -> np.ndarray:
        return np.zeros(len(self.item_ids))

    following = related

    def because(self, history: History, item_ids: Sequence[str]) -> list[list[tuple[str, float]]]:
        return [
            [(seen, 1.0) for seen, _ in history if item in self._neighbours.get(seen, ())]
            for item in item_ids
        ]

    def trend(self, now: datetime) -> np.ndarray:
        return self.trends
