"""`implicit`'s alternating least squares, at its own defaults and tuned."""

from collections.abc import Mapping
from functools import partial

import numpy as np
from msgspec import structs
from scipy.sparse import csr_matrix

from services.recommender.domain.columns import Array
from services.recommender.evaluation.contenders.static import Static
from services.recommender.evaluation.contenders.tuning import RECENCIES, Say, choose
from services.recommender.evaluation.log import Ints, Log
from services.recommender.evaluation.split import Protocol
from services.recommender.model import als
from services.recommender.model.als import Floats
from services.recommender.model.training import Tuning, train

DEFAULTS = Tuning(factors=100, alpha=1.0, regularization=0.01, iterations=15)
"""Those of implicit 0.7.3's AlternatingLeastSquares."""
ALPHAS = (5.0, 15.0, 40.0, 100.0)
REGULARIZATIONS = (1.0, 3.0, 10.0, 30.0, 100.0)
FACTORS = (32, 128, 192)
FIRST_FACTORS = 64
ITERATIONS = 15
THREADS = 2


class ImplicitDefault(Static):
    """ALS as it comes; learners are folded in, which gives implicit's `recalculate_user` exactly."""

    name = "implicit_default"

    def __init__(self, tuning: Tuning = DEFAULTS, recency: float = 1.0) -> None:
        self.tuning = tuning
        self.recency = recency

    @property
    def settings(self) -> Mapping[str, float]:
        return {**structs.asdict(self.tuning), "recency": self.recency}

    def train(self, liked: csr_matrix, log: Log) -> None:  # noqa: ARG002
        _, self._factors = train(liked, self.tuning, progress=lambda _sweep: None, threads=THREADS)
        self._gram = als.gram(self._factors)

    def scores(self, liked: Ints, weights: Floats) -> Array:
        folded = als.FoldIn(
            self._gram,
            self._factors[liked],
            np.float32(self.tuning.alpha) * weights,
            self.tuning.regularization,
        )
        scores: Array = self._factors @ folded.x
        return scores


class ImplicitTuned(ImplicitDefault):
    """The best of alpha × regularization at 64 factors, then of 32, 64, 128 and 192 factors with those, then the query's recency."""

    name = "implicit_tuned"

    def __init__(self, protocol: Protocol, say: Say) -> None:
        super().__init__()
        self._protocol = protocol
        self._say = say

    def train(self, liked: csr_matrix, log: Log) -> None:
        self.tuning = self._best(_grid(), log)
        self.tuning = self._best(_sizes(self.tuning), log)
        self.recency = choose(
            RECENCIES, partial(ImplicitDefault, self.tuning), log, self._protocol, self._say
        )
        super().train(liked, log)

    def _best(self, candidates: list[Tuning], log: Log) -> Tuning:
        return choose(candidates, ImplicitDefault, log, self._protocol, self._say)


def _grid() -> list[Tuning]:
    return [
        Tuning(factors=FIRST_FACTORS, alpha=alpha, regularization=regular, iterations=ITERATIONS)
        for alpha in ALPHAS
        for regular in REGULARIZATIONS
    ]


def _sizes(found: Tuning) -> list[Tuning]:
    return [found, *(structs.replace(found, factors=factors) for factors in FACTORS)]
