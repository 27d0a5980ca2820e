"""Folding a learner into a factor model (Hu, Koren, Volinsky 2008: implicit feedback).

x = (YᵀY + Yᵤᵀ(C − I)Yᵤ + λI)⁻¹ Yᵤᵀ C 1, with Yᵤ the factors of the learner's credentials and
C = diag(α · weight): the learner's row of one exact half-sweep of alternating least squares.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

Floats = NDArray[np.float32]


class FoldIn:
    """A learner's factor `x` (f,), and the Cholesky factor that explains it."""

    def __init__(
        self, gram: Floats, liked: Floats, confidence: Floats, regularization: float
    ) -> None:
        """gram: YᵀY (f, f); liked: Yᵤ (n, f); confidence: α · weight (n,). n may be 0: x is then 0."""
        self._evidence = liked * confidence[:, None]
        system = gram + (liked * (confidence - 1)[:, None]).T @ liked
        system.flat[:: len(system) + 1] += np.float32(regularization)
        self._cholesky, self.x, failed = lapack.sposv(system, self._evidence.sum(axis=0))
        if failed:
            raise np.linalg.LinAlgError("the fold-in's matrix is not positive definite")

    def contributions(self, items: Floats) -> Floats:
        """How much each liked credential adds to the score of each of `items` (k, f): (k, n), rows sum to the score."""
        if not len(self._evidence):
            return np.zeros((len(items), 0), np.float32)
        parts, failed = lapack.spotrs(self._cholesky, self._evidence.T)
        if failed:
            raise np.linalg.LinAlgError("the fold-in's factor cannot be used")
        explained: Floats = items @ parts
        return explained


def gram(factors: Floats) -> Floats:
    """YᵀY, summed in double precision."""
    wide = factors.astype(np.float64)
    return (wide.T @ wide).astype(np.float32)
