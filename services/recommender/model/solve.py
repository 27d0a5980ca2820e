"""One half-sweep of alternating least squares for chosen rows, by warm-started conjugate gradient.

For a row with partners y (n, f) and confidences c = α · weight, the exact answer of Hu, Koren & Volinsky
(2008) solves A x = b, where A = YᵀY + Σ (c − 1) y yᵀ + λI and b = Σ c y + λ · prior. It is the same for
learners (partners: their credentials) and credentials (partners: their learners). Conjugate gradient
(Takács, Pilászy & Tikk 2011) starts from the row's factor so far, so that a small change costs little.
"""

import numpy as np
from numba import njit

from services.recommender.model.als import Floats
from services.recommender.model.ragged import Ragged
from services.recommender.model.types import Doubles, Rows

MOST_STEPS = 24
TOLERANCE = 1e-3
"""The residual at which a row is solved, as a share of b."""


def solve(
    factors: Floats,
    rows: Rows,
    partners: Ragged,
    others: Floats,
    gram: Doubles,
    *,
    alpha: float,
    regularization: float,
    priors: Floats | None = None,
) -> Floats:
    """New factors (len(rows), f) of `rows`, started from `factors` (all rows, f), which stay as they are.

    partners: for each row its partners' rows in `others` (m, f), with weights; gram: othersᵀ·others.
    priors: what each of `rows` is drawn to, zero by default. A row without partners is its prior's.
    Raises IndexError for a partner that is not in `others`.
    """
    if priors is None:
        priors = np.zeros((len(rows), factors.shape[1]), np.float32)
    return _solve(  # type: ignore[no-any-return]
        factors[rows],
        priors,
        *partners.places(rows),
        partners.index,
        partners.weight,
        others,
        gram.astype(np.float32),
        np.float32(alpha),
        np.float32(regularization),
    )


@njit(cache=True, nogil=True, fastmath=True)
def _solve(factors, priors, start, length, index, weight, others, gram, alpha, reg):  # type: ignore[no-untyped-def]
    size = factors.shape[1]
    solved = factors.copy()
    residual, direction = np.empty(size, np.float32), np.empty(size, np.float32)
    product = np.empty(size, np.float32)
    for row in range(len(solved)):
        x = solved[row]
        first, last = start[row], start[row] + length[row]
        for k in range(size):
            residual[k] = reg * priors[row, k]
        for place in range(first, last):
            if index[place] >= len(others):
                raise IndexError("a partner has no factor")
            y = others[index[place]]
            for k in range(size):
                residual[k] += alpha * weight[place] * y[k]
        wanted = TOLERANCE * TOLERANCE * np.dot(residual, residual)
        if wanted == 0:
            x[:] = 0
            continue
        _apply(product, x, first, last, index, weight, others, gram, alpha, reg)
        for k in range(size):
            residual[k] -= product[k]
            direction[k] = residual[k]
        left = np.dot(residual, residual)
        for _ in range(MOST_STEPS):
            if left <= wanted:
                break
            _apply(product, direction, first, last, index, weight, others, gram, alpha, reg)
            curvature = np.dot(direction, product)
            if curvature <= 0:  # all that is left is below the precision of a float
                break
            step = left / curvature
            for k in range(size):
                x[k] += step * direction[k]
                residual[k] -= step * product[k]
            after = np.dot(residual, residual)
            for k in range(size):
                direction[k] = residual[k] + after / left * direction[k]
            left = after
    return solved


@njit(cache=True, nogil=True, fastmath=True)
def _apply(product, x, first, last, index, weight, others, gram, alpha, reg):  # type: ignore[no-untyped-def]
    """product = A x, without ever forming A."""
    size = len(x)
    for k in range(size):
        total = reg * x[k]
        for j in range(size):
            total += gram[k, j] * x[j]
        product[k] = total
    for place in range(first, last):
        y = others[index[place]]
        score = np.float32(0)
        for k in range(size):
            score += y[k] * x[k]
        score *= alpha * weight[place] - 1
        for k in range(size):
            product[k] += score * y[k]
