"""The item side kept current: factors of both sides, item graph and transitions, from the learners' tastes.

`put` only notes what changed. `step` then solves the learners that changed, the credentials that
their changes touched, and the edges of the credentials in their histories and of those that lead there. A popular credential waits until
a share of its support has changed, so that an event's cost does not grow with popularity.

Nothing here may run beside anything else here. What may take long is done in parts: `step` ends when it has
done its share of the work, and between the parts of `prepared` all the rest may be called.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np

from services.recommender.model import graph
from services.recommender.model.graph import Edges
from services.recommender.model.histories import Histories
from services.recommender.model.solve import solve
from services.recommender.model.types import Doubles, Floats, Rows

DUE_SHARE = 0.01
SUPPORT_MOVED = 0.05
"""By what share a credential's support moves before the edges that lead to it are drawn anew."""
WORK = 200_000
"""The (learner, credential) pairs that a step looks at for each of its three kinds of work: about 0.2 s each."""
_PER_ROW = 8
"""What a row costs beside its pairs, as pairs."""
_LEARNERS_AT_ONCE = 4096


class Fold(NamedTuple):
    """What a fit hands on: credential factors (n, f) by row, how they were trained, and which rows it knows.

    priors: (n, f), what a credential that it does not know is drawn to; zero where nothing is known of it.
    """

    factors: Floats
    trained: Rows
    alpha: float
    regularization: float
    priors: Floats


class Start(NamedTuple):
    """Credential factors (n, f) by row, which a fit can go on from, and how they were trained."""

    factors: Floats
    alpha: float
    regularization: float


class Prepared(NamedTuple):
    """A fit with the learners folded into it, ready to be taken over. meanwhile: learners who have changed since."""

    fold: Fold
    factors: Floats
    learners: Floats
    meanwhile: set[int]


class Live:
    """Learners and credentials are row numbers. Everything is in memory; nothing here reads or writes."""

    def __init__(self, histories: Histories | None = None) -> None:
        self.histories = histories or Histories()
        self._together = graph.no_edges(0)
        self._follows = graph.no_edges(0)
        self._factors: Floats = np.zeros((0, 1), np.float32)
        self._rows = 0
        self.gram: Doubles = np.zeros((1, 1))
        self.alpha = self.regularization = 1.0
        self._priors: Floats = np.zeros((0, 1), np.float32)
        self._learners: Floats = np.zeros((0, 1), np.float32)
        self._learner_gram: Doubles = np.zeros((1, 1))
        self._changed_learners: dict[int, None] = {}
        self._meanwhile: set[int] = set()
        self._touched: Doubles = np.zeros(0)
        self._related: Doubles = np.zeros(0)
        self._counted: Doubles = np.zeros(0)
        self._since_mark: set[int] = set()
        self._grow(len(self.histories.by_credential))
        self._related[: self._rows] = np.inf

    @property
    def factors(self) -> Floats:
        """The credentials' factors (n, f): a view, to be taken anew after every change."""
        return self._factors[: self._rows]

    @property
    def together(self) -> Edges:
        """The item graph of n credentials: views."""
        return self._together.first(self._rows)

    @property
    def follows(self) -> Edges:
        """The transitions of n credentials: views."""
        return self._follows.first(self._rows)

    def put(self, learner: int, credentials: Sequence[int], weights: Sequence[float]) -> None:
        """Replaces a learner's tastes, newest first."""
        changed, related = self.histories.put(learner, credentials, weights)
        if not len(related):
            return
        self._grow(int(related.max()) + 1)
        self._changed_learners[learner] = None
        self._meanwhile.add(learner)
        self._touched[changed] += 1
        self._related[related] += 1
        self._since_mark.update(changed.tolist())

    def mark(self, changed: Iterable[int] = ()) -> None:
        """Begins to note what changes from here on; a fit of now is later brought up to date with it.

        changed: credentials that the fit has not as they are now.
        """
        self._since_mark = set(changed)

    def start(self) -> Start | None:
        """What the next fit can go on from; None before the first."""
        if not self.factors.any():
            return None
        return Start(self.factors.copy(), self.alpha, self.regularization)

    def install(self, fold: Fold) -> None:
        """Takes over a fit of the tastes at `mark`, brought up to now. Takes as long as it takes."""
        *_, prepared = self.prepared(fold)
        assert prepared is not None
        self.adopt(prepared)
        self.settle()

    def prepared(self, fold: Fold) -> Iterator[Prepared | None]:
        """One half-sweep over the learners, in parts: None after each, and last of all what `adopt` takes."""
        self._meanwhile = set()
        count, size = len(self.histories.by_learner), fold.factors.shape[1]
        factors = np.zeros_like(fold.factors)
        factors[fold.trained] = fold.factors[fold.trained]
        gram, learners = _gram(factors), np.zeros((count, size), np.float32)
        for start in range(0, count, _LEARNERS_AT_ONCE):
            rows = np.arange(start, min(start + _LEARNERS_AT_ONCE, count))
            # Credentials may have come while it was fitted, or between the parts.
            factors = _grown(factors, self._rows)
            learners[rows] = solve(
                learners,
                rows,
                self.histories.by_learner,
                factors,
                gram,
                alpha=fold.alpha,
                regularization=fold.regularization,
            )
            yield None
        yield Prepared(fold, factors, learners, self._meanwhile)

    def adopt(self, prepared: Prepared) -> None:
        """Ranks by the prepared fit from now on; the steps that follow bring it up to every `put`."""
        fold = prepared.fold
        self._grow(max(len(fold.factors), len(fold.priors)))
        self.alpha, self.regularization = fold.alpha, fold.regularization
        n, count = len(self._touched), len(self.histories.by_learner)
        self._factors, self._priors = _grown(prepared.factors, n), _grown(fold.priors.copy(), n)
        self._priors[fold.trained] = 0
        self._learners = _grown(prepared.learners, count)
        self.gram, self._learner_gram = _gram(self.factors), _gram(self._learners)
        self._changed_learners = dict.fromkeys(prepared.meanwhile)
        self._touched[:] = 0
        self._touched[[*self._since_mark]] = np.inf
        self._touched[self._priors.any(axis=1)] = np.inf
        # An edge's weight also depends on the other end's support, which nobody has looked at since.
        self._related[: self._rows] = np.inf

    def draw(self, row: int, prior: Floats) -> None:
        """Gives a credential the factor that its attributes suggest: what it is drawn to from now on."""
        self._grow(row + 1)
        self._priors[row] = prior
        self._touched[row] = np.inf

    @property
    def behind(self) -> bool:
        """Whether `step` has something to do."""
        due = (self._due(changes) for changes in (self._touched, self._related))
        return bool(self._changed_learners) or any(len(rows) for rows in due)

    def settle(self) -> None:
        """Steps until nothing is left to do."""
        while self.behind:
            self.step()

    def step(self) -> Rows:
        """Brings the item side closer to every `put` so far, by as much as `WORK` allows.

        Answers the rows whose factor or edges were computed anew. What is left waits for the next step.
        """
        self._solve_learners()
        solved = self._worth(self._due(self._touched), self._touched)
        if self._changed_learners:  # a credential is solved once, after all of its learners
            solved = solved[:0]
        if len(solved) and self.factors.shape[1] > 1:
            self._solve_credentials(solved)
        self._touched[solved] = 0
        self._spread()
        edged = self._worth(self._due(self._related), self._related)
        self._draw_edges(edged)
        self._related[edged] = 0
        return np.union1d(solved, edged)

    def _solve_learners(self) -> None:
        rows = np.array([*islice(self._changed_learners, _LEARNERS_AT_ONCE)], np.int64)
        for row in rows.tolist():
            del self._changed_learners[row]
        if not len(rows):
            return
        if (count := len(self.histories.by_learner)) > len(self._learners):
            self._learners = _grown(self._learners, count + count // 8)
        solved = solve(
            self._learners,
            rows,
            self.histories.by_learner,
            self.factors,
            self.gram,
            alpha=self.alpha,
            regularization=self.regularization,
        )
        self._learner_gram += _gram(solved) - _gram(self._learners[rows])
        self._learners[rows] = solved

    def _solve_credentials(self, rows: Rows) -> None:
        solved = solve(
            self.factors,
            rows,
            self.histories.by_credential,
            self._learners,
            self._learner_gram,
            alpha=self.alpha,
            regularization=self.regularization,
            priors=self._pull(rows),
        )
        self.gram += _gram(solved) - _gram(self.factors[rows])
        self.factors[rows] = solved

    def _pull(self, rows: Rows) -> Floats:
        """What `solve` must be given so that a row without learners has its prior: that nobody has taken it up is no news.

        With XᵀX + λI on both sides of the equation, the learners who have not are no evidence against the prior.
        """
        priors = self._priors[rows]
        if not priors.any():
            return priors
        against = priors @ self._learner_gram.astype(np.float32)
        pulled: Floats = priors + against / np.float32(self.regularization)
        return pulled

    def _draw_edges(self, rows: Rows) -> None:
        found = graph.edges(self.histories, rows)
        for kept, new in zip((self.together, self.follows), found, strict=True):
            kept.to[rows], kept.weight[rows] = new

    def _spread(self) -> None:
        """An edge's weight depends on both ends: those that lead to a credential whose support has moved are due, after
        those whose own learners have changed."""
        support, counted = self.histories.support[: self._rows], self._counted[: self._rows]
        moved = np.abs(support - counted) > SUPPORT_MOVED * counted
        if not moved.any():
            return
        counted[moved] = support[moved]
        ends = np.append(moved, False)  # an edge to -1 leads nowhere
        leading = [ends[edges.to].any(axis=1) for edges in (self.together, self.follows)]
        rows = np.flatnonzero(leading[0] | leading[1])
        self._related[rows] += np.maximum(1, DUE_SHARE * support[rows])

    def _due(self, changes: Doubles) -> Rows:
        support = self.histories.support[: len(changes)]
        return np.flatnonzero((changes > 0) & (changes >= DUE_SHARE * support))

    def _worth(self, due: Rows, changes: Doubles) -> Rows:
        """As many of the due rows as one step's work allows, those first of whose support most has changed."""
        _, pairs = self.histories.by_credential.places(due)
        if pairs.sum() + _PER_ROW * len(due) <= WORK:
            return due
        first = np.argsort(-changes[due] / np.maximum(self.histories.support[due], 1))
        cost = np.cumsum(pairs[first] + _PER_ROW)
        return np.sort(due[first[: max(1, int(np.searchsorted(cost, WORK)))]])

    def _grow(self, rows: int) -> None:
        """Makes room for credentials, and for more to come; those without factor or edges have none yet."""
        self._rows = max(self._rows, rows)
        more = rows - len(self._touched)
        if more <= 0:
            return
        more += rows // 8
        self._touched = np.append(self._touched, np.zeros(more))
        self._related = np.append(self._related, np.zeros(more))
        self._counted = np.append(self._counted, np.zeros(more))
        room = len(self._touched)
        self._factors, self._priors = _grown(self._factors, room), _grown(self._priors, room)
        self._together = graph.joined(self._together, graph.no_edges(more))
        self._follows = graph.joined(self._follows, graph.no_edges(more))
        missing = max(0, room - len(self.histories.support))
        self.histories.support = np.append(self.histories.support, np.zeros(missing))


def _gram(factors: Floats) -> Doubles:
    wide = factors.astype(np.float64)
    return wide.T @ wide


def _grown(factors: Floats, rows: int) -> Floats:
    if rows <= len(factors):
        return factors
    return np.concatenate([factors, np.zeros((rows - len(factors), factors.shape[1]), np.float32)])
