"""EASE (Steck 2019): the linear item-item model with zero diagonal, in closed form."""

from collections.abc import Mapping
from functools import partial

import numpy as np
from scipy.linalg import lapack
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from services.recommender.domain.columns import Array
from services.recommender.evaluation.contenders.static import Static
from services.recommender.evaluation.contenders.tuning import RECENCIES, Say, choose
from services.recommender.evaluation.log import Ints, Log
from services.recommender.evaluation.split import Protocol
from services.recommender.model.als import Floats

LAMBDAS = (20.0, 50.0, 100.0, 200.0, 500.0)
MOST_CREDENTIALS = 10_000
THREADS = 2
_BLOCK = 512


class FixedEase(Static):
    """B = I − P·diag(1/diag P) with P = (XᵀX + λI)⁻¹; a learner's scores are the weighted sum of their rows of B."""

    name = "ease"
    most_columns = MOST_CREDENTIALS

    def __init__(self, strength: float, recency: float = 1.0) -> None:
        self.strength = strength
        self.recency = recency

    @property
    def settings(self) -> Mapping[str, float]:
        return {"lambda": self.strength, "recency": self.recency}

    def train(self, liked: csr_matrix, log: Log) -> None:  # noqa: ARG002
        with threadpool_limits(THREADS, user_api="blas"):
            self._weights = item_weights(liked, self.strength)

    def scores(self, liked: Ints, weights: Floats) -> Array:
        scores: Array = weights @ self._weights[liked]
        return scores


class Ease(FixedEase):
    """EASE with λ chosen from `LAMBDAS`, then the recency of the query from `RECENCIES`."""

    def __init__(self, protocol: Protocol, say: Say) -> None:
        super().__init__(LAMBDAS[0])
        self._protocol = protocol
        self._say = say

    def train(self, liked: csr_matrix, log: Log) -> None:
        self.strength = choose(LAMBDAS, FixedEase, log, self._protocol, self._say)
        self.recency = choose(
            RECENCIES, partial(FixedEase, self.strength), log, self._protocol, self._say
        )
        super().train(liked, log)


def item_weights(liked: csr_matrix, strength: float) -> Floats:
    """B (n, n), in the memory of one such matrix."""
    # LAPACK wants the other memory order, which for a symmetric matrix is its transpose.
    gram = (liked.T @ liked).toarray().T
    gram.flat[:: len(gram) + 1] += np.float32(strength)
    factor, failed = lapack.spotrf(gram, lower=1, overwrite_a=1)
    weights, failed_too = lapack.spotri(factor, lower=1, overwrite_c=1)
    if failed or failed_too:
        raise np.linalg.LinAlgError("EASE's matrix is not positive definite in single precision")
    _mirror(weights)
    found: Floats = weights.T
    found /= -np.diag(found).copy()
    found.flat[:: len(found) + 1] = 0
    return found


def _mirror(lower: Floats) -> None:
    """Copies what is below the diagonal above it."""
    for start in range(0, len(lower), _BLOCK):
        part = slice(start, start + _BLOCK)
        lower[part, part] = np.tril(lower[part, part]) + np.tril(lower[part, part], -1).T
        lower[part, start + _BLOCK :] = lower[start + _BLOCK :, part].T
