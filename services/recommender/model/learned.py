"""The model as a process uses it: the item side at one version, and the rows of it that have moved since.

`move` changes it in place, so it is called between lists, never within one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from libs.common.contracts.item_side import ItemRow
from libs.common.contracts.types import milliseconds
from services.recommender.model import graph, trend
from services.recommender.model.als import FoldIn
from services.recommender.model.graph import Edges
from services.recommender.model.live import Live
from services.recommender.model.types import Doubles, Floats

History = Sequence[tuple[str, float]]
"""Credential ids with weights, as `history.history` makes it; the newest first."""
STEEP = 0.4
"""What comes next follows from the last step above all: each step back weighs so much less than it does elsewhere."""


@dataclass(slots=True, kw_only=True)
class Model:
    """What is known of n credentials, by row.

    item_ids: the credential of each row. factors: (n, f), zero where nothing is known; gram: YᵀY (f, f).
    together, follows: item graph and transitions, (n, graph.WIDE), see `graph`. trends: logarithms of
    forward-decayed counts (n,). epoch: of the announcement it follows; seq: the highest of it and the rows that moved since. weights: of the signals in the
    ranking, where they are others than the ranking's own. support: (n,) how many learners a row was learned from at the training.
    """

    version: str
    trained_at: datetime
    item_ids: list[str]
    index: dict[str, int]
    factors: Floats
    gram: Doubles
    together: Edges
    follows: Edges
    trends: Doubles
    support: NDArray[np.int32]
    alpha: float
    regularization: float
    half_life_hours: float
    metrics: dict[str, float] = field(default_factory=dict)
    epoch: int = 0
    seq: int = 0
    weights: dict[str, float] = field(default_factory=dict)
    _narrow: Floats | None = field(default=None, init=False, repr=False)
    _folded: tuple[History, FoldIn] | None = field(default=None, init=False, repr=False)
    _counted: tuple[int, Doubles] | None = field(default=None, init=False, repr=False)

    def affinity(self, history: History) -> Floats:
        """The learner's preference for each row, by folding them into the factors (n,); 0 where nothing is known."""
        factors = self.factors[: len(self.item_ids)]
        if not any(item in self.index for item, _ in history):
            return np.zeros(len(factors), np.float32)
        scores: Floats = factors @ self._fold_in(history).x
        return scores

    def related(self, history: History) -> Doubles:
        """How strongly each row goes with the history, by the item graph (n,)."""
        rows, weights = self._known(history)
        return _along(self.together, rows, weights, len(self.item_ids))

    def following(self, history: History) -> Doubles:
        """How often each row comes next after the newest of the history (n,)."""
        rows, weights = self._known(history[: graph.LONGEST_GAP])
        steep = weights * STEEP ** np.arange(len(rows), dtype=np.float32)
        return _along(self.follows, rows, steep, len(self.item_ids))

    def trend(self, now: datetime) -> Doubles:
        """Each row's decayed count of interactions at the second of `now` (n,), read-only."""
        second = milliseconds(now) // 1000
        counted = self._counted
        if counted is None or counted[0] != second:
            logs = self.trends[: len(self.item_ids)]
            counted = second, trend.counts(logs, second * 1000, self.half_life_hours)
            counted[1].flags.writeable = False
            self._counted = counted
        return counted[1]

    def because(self, history: History, item_ids: Sequence[str]) -> list[list[tuple[str, float]]]:
        """For each item, the history's credentials that raise its affinity, the strongest first, with their share.

        Empty for items without a factor. A share is the credential's part of what raises the score.
        """
        known = [item for item, _ in history if item in self.index]
        placed = [place for place, item in enumerate(item_ids) if item in self.index]
        because: list[list[tuple[str, float]]] = [[] for _ in item_ids]
        if not known or not placed:
            return because
        wanted = [self.index[item_ids[place]] for place in placed]
        parts = np.maximum(self._fold_in(history).contributions(self.factors[wanted]), 0)
        order = np.argsort(-parts, axis=1, kind="stable")
        shares = np.take_along_axis(parts, order, axis=1)
        shares /= np.maximum(shares.sum(axis=1, keepdims=True), np.finfo(np.float32).tiny)
        for place, names, share in zip(placed, order.tolist(), shares.tolist(), strict=True):
            because[place] = [
                (known[i], part) for i, part in zip(names, share, strict=True) if part > 0
            ]
        return because

    def copy(self) -> "Model":
        """The same model, which stays as it is when this one moves."""
        return replace(
            self,
            item_ids=list(self.item_ids),
            index=dict(self.index),
            factors=self.factors.copy(),
            gram=self.gram.copy(),
            together=Edges(self.together.to.copy(), self.together.weight.copy()),
            follows=Edges(self.follows.to.copy(), self.follows.weight.copy()),
            trends=self.trends.copy(),
            support=self.support.copy(),
        )

    def move(self, rows: Iterable[ItemRow]) -> None:
        """Takes over moved rows; credentials that it does not know yet are added."""
        self._narrow = self._folded = self._counted = None
        factors: dict[int, list[float]] = {}
        for row in rows:
            self.seq = max(self.seq, row.seq)
            at = self._row(row.credential_id)
            if row.trend is not None:
                self.trends[at] = row.trend
            if row.factor is not None and len(row.factor) == self.factors.shape[1]:
                factors[at] = row.factor
            if row.neighbours is not None:
                self._move_edges("together", at, row.neighbours)
            if row.transitions is not None:
                self._move_edges("follows", at, row.transitions)
        if factors:
            self._move_factors([*factors], np.array([*factors.values()], np.float32))

    def warm_up(self) -> None:
        """Touches every page and code path, so that the first learner waits for neither."""
        for item in self.item_ids[:: max(1, len(self.item_ids) // 16)]:
            for signal in (self.affinity, self.related, self.following):
                signal([(item, 1.0)])

    def _known(self, history: History) -> tuple[list[int], Floats]:
        pairs = [(row, w) for item, w in history if (row := self.index.get(item)) is not None]
        return [row for row, _ in pairs], np.array([weight for _, weight in pairs], np.float32)

    def _fold_in(self, history: History) -> FoldIn:
        """The learner's fold-in; the last one is kept, because a list asks for it twice."""
        folded = self._folded
        if folded is None or folded[0] is not history:
            rows, weights = self._known(history)
            confidence, reg = weights * self.alpha, self.regularization
            folded = history, FoldIn(self._narrowed(), self.factors[rows], confidence, reg)
            self._folded = folded
        return folded[1]

    def _narrowed(self) -> Floats:
        narrow = self.gram.astype(np.float32) if self._narrow is None else self._narrow
        self._narrow = narrow
        return narrow

    def _move_factors(self, rows: list[int], factors: Floats) -> None:
        before, after = self.factors[rows].astype(np.float64), factors.astype(np.float64)
        self.gram += after.T @ after - before.T @ before
        self.factors[rows] = factors

    def _move_edges(self, name: str, row: int, edges: dict[str, float]) -> None:
        if not edges.keys() <= self.index.keys():
            for credential_id in edges:
                self._row(credential_id)
        to = [self.index[credential_id] for credential_id in edges][: graph.WIDE]
        moved: Edges = getattr(self, name)
        moved.to[row, :], moved.weight[row, :] = -1, 0
        moved.to[row, : len(to)] = to
        moved.weight[row, : len(to)] = [*edges.values()][: graph.WIDE]

    def _row(self, credential_id: str) -> int:
        row = self.index.setdefault(credential_id, len(self.item_ids))
        if row == len(self.item_ids):
            self.item_ids.append(credential_id)
            if row == len(self.trends):
                self._grow(max(64, row // 8))
        return row

    def _grow(self, rows: int) -> None:
        """Makes room for more credentials: the arrays are longer than `item_ids` from now on."""
        size = self.factors.shape[1]
        self.factors = np.concatenate([self.factors, np.zeros((rows, size), np.float32)])
        self.trends = np.append(self.trends, np.full(rows, trend.NOTHING))
        self.support = np.append(self.support, np.zeros(rows, np.int32))
        self.together = graph.joined(self.together, graph.no_edges(rows))
        self.follows = graph.joined(self.follows, graph.no_edges(rows))


def _along(edges: Edges, rows: Sequence[int], weights: Floats, n: int) -> Doubles:
    """The sum over `rows` of weight × edge to each credential (n,)."""
    to = edges.to[rows].ravel()
    strength = (edges.weight[rows] * weights[:, None]).ravel()
    there = to >= 0
    along = np.bincount(to[there], strength[there], minlength=n)
    return along.astype(np.float64, copy=False)


def empty(version: str, trained_at: datetime, half_life_hours: float) -> Model:
    """A model that knows no credential: what there is before the first training."""
    return Model(
        version=version,
        trained_at=trained_at,
        item_ids=[],
        index={},
        factors=np.zeros((0, 1), np.float32),
        gram=np.zeros((1, 1)),
        together=graph.no_edges(0),
        follows=graph.no_edges(0),
        trends=np.zeros(0),
        support=np.zeros(0, np.int32),
        alpha=1.0,
        regularization=1.0,
        half_life_hours=half_life_hours,
    )


def snapshot(
    live: Live,
    item_ids: Sequence[str],
    trends: Doubles,
    *,
    version: str,
    trained_at: datetime,
    half_life_hours: float,
    metrics: dict[str, float],
    weights: dict[str, float] | None = None,
) -> Model:
    """The live item side as a model; item_ids and trends: the whole credential table, by row."""
    n = len(live.factors)
    ids = list(item_ids[:n])
    return Model(
        version=version,
        trained_at=trained_at,
        item_ids=ids,
        index={item: row for row, item in enumerate(ids)},
        factors=live.factors.copy(),
        gram=live.gram.copy(),
        together=Edges(live.together.to.copy(), live.together.weight.copy()),
        follows=Edges(live.follows.to.copy(), live.follows.weight.copy()),
        trends=trends[:n].copy(),
        support=live.histories.by_credential.places(np.arange(n))[1],
        alpha=live.alpha,
        regularization=live.regularization,
        half_life_hours=half_life_hours,
        metrics=metrics,
        weights=weights or {},
    )
