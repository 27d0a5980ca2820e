"""The item side kept current: factors of both sides, item graph and transitions, from the learners' tastes.

`put` only notes what changed. `step` then solves the learners that changed, the credentials that
their changes touched, and the edges of the credentials in their histories. A popular credential waits until
a share of its support has changed, so that an event's cost does not grow with popularity.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from services.recommender.model import graph
from services.recommender.model.histories import Histories
from services.recommender.model.solve import solve
from services.recommender.model.types import Doubles, Floats, Rows

DUE_SHARE = 0.01
_LEARNERS_AT_ONCE = 8192


class Fold(NamedTuple):
    """What a fit hands on: credential factors (n, f) by row, how they were trained, and which rows it knows.

    priors: (n, f), what a credential that it does not know is drawn to; zero where nothing is known of it.
    """

    factors: Floats
    trained: Rows
    alpha: float
    regularization: float
    priors: Floats


class Live:
    """Learners and credentials are row numbers. Everything is in memory; nothing here reads or writes."""

    def __init__(self, histories: Histories | None = None) -> None:
        self.histories = histories or Histories()
        self.together = graph.no_edges(0)
        self.follows = graph.no_edges(0)
        self.factors: Floats = np.zeros((0, 1), np.float32)
        self.gram: Doubles = np.zeros((1, 1))
        self.alpha = self.regularization = 1.0
        self._priors: Floats = np.zeros((0, 1), np.float32)
        self._learners: Floats = np.zeros((0, 1), np.float32)
        self._learner_gram: Doubles = np.zeros((1, 1))
        self._changed_learners: set[int] = set()
        self._touched: Doubles = np.zeros(0)
        self._related: Doubles = np.zeros(0)
        self._since_mark: set[int] = set()
        self._grow(len(self.histories.by_credential))
        self._related[:] = np.inf

    def put(self, learner: int, credentials: Sequence[int], weights: Sequence[float]) -> None:
        """Replaces a learner's tastes, newest first."""
        changed, related = self.histories.put(learner, credentials, weights)
        if not len(related):
            return
        self._grow(int(related.max()) + 1)
        self._changed_learners.add(learner)
        self._touched[changed] += 1
        self._related[related] += 1
        self._since_mark.update(changed.tolist())

    def mark(self) -> None:
        """Begins to note what changes from here on; `install` brings a fit of now up to date with it."""
        self._since_mark.clear()

    def install(self, fold: Fold) -> None:
        """Takes over a fit of the tastes at `mark`, brought up to now.

        Takes one half-sweep over the learners: run it where that may take its time.
        """
        self._grow(len(fold.factors))
        self.alpha, self.regularization = fold.alpha, fold.regularization
        size, n = fold.factors.shape[1], len(self._touched)
        self._priors = np.zeros((n, size), np.float32)
        self._priors[: len(fold.priors)] = fold.priors
        self.factors = self._priors.copy()
        self.factors[fold.trained] = fold.factors[fold.trained]
        self._priors[fold.trained] = 0
        self._solve_all_learners(size)
        self._touched[:] = 0
        self._touched[[*self._since_mark]] = np.inf
        self.step()

    def draw(self, row: int, prior: Floats) -> None:
        """Gives a credential that nobody has taken up yet the factor that its attributes suggest."""
        self._grow(row + 1)
        self._priors[row] = prior
        self._touched[row] = np.inf

    def step(self) -> Rows:
        """Brings the item side up to every `put` so far; answers the rows whose factor or edges were computed anew."""
        self._solve_learners()
        solved = self._due(self._touched)
        if len(solved) and self.factors.shape[1] > 1:
            self._solve_credentials(solved)
        self._touched[solved] = 0
        edged = self._due(self._related)
        self._draw_edges(edged)
        self._related[edged] = 0
        return np.union1d(solved, edged)

    def _solve_all_learners(self, size: int) -> None:
        count = len(self.histories.by_learner)
        self._changed_learners.clear()
        self.gram = _gram(self.factors)
        self._learners = np.zeros((count, size), np.float32)
        for start in range(0, count, _LEARNERS_AT_ONCE):
            rows = np.arange(start, min(start + _LEARNERS_AT_ONCE, count))
            self._learners[rows] = self._fold_in(rows)
        self._learner_gram = _gram(self._learners)

    def _solve_learners(self) -> None:
        rows = np.array(sorted(self._changed_learners), np.int64)
        self._changed_learners.clear()
        if not len(rows):
            return
        self._learners = _grown(self._learners, int(rows.max()) + 1)
        solved = self._fold_in(rows)
        self._learner_gram += _gram(solved) - _gram(self._learners[rows])
        self._learners[rows] = solved

    def _fold_in(self, rows: Rows) -> Floats:
        return solve(
            self._learners,
            rows,
            self.histories.by_learner,
            self.factors,
            self.gram,
            alpha=self.alpha,
            regularization=self.regularization,
        )

    def _solve_credentials(self, rows: Rows) -> None:
        solved = solve(
            self.factors,
            rows,
            self.histories.by_credential,
            self._learners,
            self._learner_gram,
            alpha=self.alpha,
            regularization=self.regularization,
            priors=self._priors[rows],
        )
        self.gram += _gram(solved) - _gram(self.factors[rows])
        self.factors[rows] = solved

    def _draw_edges(self, rows: Rows) -> None:
        found = graph.edges(self.histories, rows)
        for kept, new in zip((self.together, self.follows), found, strict=True):
            kept.to[rows], kept.weight[rows] = new

    def _due(self, changes: Doubles) -> Rows:
        support = self.histories.support[: len(changes)]
        return np.flatnonzero((changes > 0) & (changes >= DUE_SHARE * support))

    def _grow(self, rows: int) -> None:
        """Makes room for credentials; those without factor or edges have none yet."""
        more = rows - len(self._touched)
        if more <= 0:
            return
        self._touched = np.append(self._touched, np.zeros(more))
        self._related = np.append(self._related, np.zeros(more))
        self.factors, self._priors = _grown(self.factors, rows), _grown(self._priors, rows)
        self.together = graph.joined(self.together, graph.no_edges(more))
        self.follows = graph.joined(self.follows, graph.no_edges(more))
        if rows > len(self.histories.support):
            missing = np.zeros(rows - len(self.histories.support))
            self.histories.support = np.append(self.histories.support, missing)


def _gram(factors: Floats) -> Doubles:
    wide = factors.astype(np.float64)
    return wide.T @ wide


def _grown(factors: Floats, rows: int) -> Floats:
    if rows <= len(factors):
        return factors
    return np.concatenate([factors, np.zeros((rows - len(factors), factors.shape[1]), np.float32)])
