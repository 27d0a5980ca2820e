"""The model as a process uses it: immutable, so that a list never mixes two of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from libs.common.contracts.types import milliseconds
from services.recommender.model import trend
from services.recommender.model.als import Floats, FoldIn
from services.recommender.model.trend import Doubles

History = Sequence[tuple[str, float]]
"""Credential ids with weights, as `history.history` makes it; the newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What is known of the credentials, by row.

    item_ids: the credential of each row. factors: (rows that have one, f); rows beyond, new since the
    training, have a trend only. gram: YᵀY (f, f). support: how many learners each factor was learned
    from. trends: logarithms of forward-decayed counts (n,).
    """

    version: str
    trained_at: datetime
    item_ids: list[str]
    index: dict[str, int]
    factors: Floats
    gram: Floats
    support: NDArray[np.int32]
    trends: Doubles
    alpha: float
    regularization: float
    half_life_hours: float
    metrics: dict[str, float] = field(default_factory=dict)

    def fold_in(self, history: History) -> tuple[FoldIn, list[int]]:
        """The learner's fold-in, and the places in `history` that have a factor, in its order."""
        trained = len(self.factors)
        known = [
            place
            for place, (item, _) in enumerate(history)
            if self.index.get(item, trained) < trained
        ]
        rows = [self.index[history[place][0]] for place in known]
        confidence = np.array([history[place][1] * self.alpha for place in known], np.float32)
        return FoldIn(self.gram, self.factors[rows], confidence, self.regularization), known

    def scores(self, history: History) -> Floats:
        """The learner's preference for each row (n,); 0 where there is no factor or no known history."""
        fold_in, known = self.fold_in(history)
        scores = np.zeros(len(self.item_ids), np.float32)
        if known:
            np.dot(self.factors, fold_in.x, out=scores[: len(self.factors)])
        return scores

    def because(self, history: History, item_ids: Sequence[str]) -> list[list[tuple[str, float]]]:
        """For each item, the history's credentials that raise its score, the strongest first, with their share of it.

        Empty for items without a factor. A share is the credential's part of what raises the score.
        """
        fold_in, known = self.fold_in(history)
        rows = [self.index.get(item, len(self.factors)) for item in item_ids]
        learned = [place for place, row in enumerate(rows) if row < len(self.factors)]
        parts = fold_in.contributions(self.factors[[rows[place] for place in learned]])
        because: list[list[tuple[str, float]]] = [[] for _ in item_ids]
        for place, part in zip(learned, np.maximum(parts, 0), strict=True):
            total = float(part.sum())
            because[place] = [
                (history[known[i]][0], float(part[i]) / total)
                for i in np.argsort(-part, kind="stable").tolist()
                if part[i] > 0
            ]
        return because

    def trend(self, now: datetime) -> Doubles:
        """Each row's decayed count of interactions at `now` (n,)."""
        return trend.counts(self.trends, milliseconds(now), self.half_life_hours)

    def with_trends(self, logs: Mapping[str, float]) -> "Model":
        """The same model after its trend rows moved; credentials that it does not know yet are added."""
        new = [item for item in logs if item not in self.index]
        trends = np.concatenate([self.trends, np.full(len(new), trend.NOTHING)])
        index, item_ids = self.index, self.item_ids
        if new:
            item_ids = [*item_ids, *new]
            index = {**index, **{item: len(self.item_ids) + i for i, item in enumerate(new)}}
        for item, log in logs.items():
            trends[index[item]] = log
        return replace(self, trends=trends, item_ids=item_ids, index=index)

    def warm_up(self) -> None:
        """Touches every page and code path, so that the first learner waits for neither."""
        for item in self.item_ids[:: max(1, len(self.item_ids) // 16)]:
            self.scores([(item, 1.0)])


def empty(version: str, trained_at: datetime, half_life_hours: float) -> Model:
    """A model that knows no credential: what there is before the first training."""
    return Model(
        version=version,
        trained_at=trained_at,
        item_ids=[],
        index={},
        factors=np.zeros((0, 1), np.float32),
        gram=np.zeros((1, 1), np.float32),
        support=np.zeros(0, np.int32),
        trends=np.zeros(0),
        alpha=1.0,
        regularization=1.0,
        half_life_hours=half_life_hours,
    )
