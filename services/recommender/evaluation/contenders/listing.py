"""Scores → a list."""

import numpy as np

from services.recommender.domain.columns import Array
from services.recommender.domain.fusion import top
from services.recommender.evaluation.log import Ints


def best(scores: Array, taken: Ints, k: int) -> Ints:
    """The k rows with the highest finite scores (n,), the best first, but those taken. `scores` is changed."""
    scores[taken] = -np.inf
    rows = top(scores, k)
    return rows[np.isfinite(scores[rows])]
