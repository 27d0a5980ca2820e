"""A quick look at a model: is the last credential that learners chose among the first recommended?

Leave-last-out on a sample of learners, ranked over all credentials but those already in the history,
queried as the worker queries. The thorough evaluation is a command of its own.
"""

import numpy as np
from numpy.typing import NDArray

from services.recommender.domain.history import HISTORY_LENGTH, RECENCY
from services.recommender.model import als
from services.recommender.model.als import Floats, FoldIn
from services.recommender.model.training import Tuning
from services.recommender.trainer.matrix import HeldOut, Matrix, history_of

K = 20


def quality(matrix: Matrix, held_out: HeldOut, factors: Floats, tuning: Tuning) -> dict[str, float]:
    """recall_at_20 and ndcg_at_20 of the factors, and those of mere popularity beside them."""
    if not len(held_out.learners):
        return {}
    gram = als.gram(factors)
    popularity = np.bincount(matrix.rows.credential, minlength=len(matrix.items))
    ours: list[int] = []
    popular: list[int] = []
    for learner, last in zip(held_out.learners.tolist(), held_out.last.tolist(), strict=True):
        past = history_of(matrix, learner)[1:]
        seen = [column for column, _ in past]
        ours.append(_place(_scores(factors, gram, past, tuning), seen, last))
        popular.append(_place(popularity.astype(np.float32), seen, last))
    return {
        **_metrics(np.array(ours), ""),
        **_metrics(np.array(popular), "popularity_"),
        "asked_learners": float(len(ours)),
    }


def _scores(factors: Floats, gram: Floats, past: list[tuple[int, float]], tuning: Tuning) -> Floats:
    rows = [column for column, _ in past[:HISTORY_LENGTH]]
    weights = np.array([weight for _, weight in past[:HISTORY_LENGTH]], np.float32)
    confidence = tuning.alpha * weights * RECENCY ** np.arange(len(rows), dtype=np.float32)
    scores: Floats = factors @ FoldIn(gram, factors[rows], confidence, tuning.regularization).x
    return scores


def _place(scores: Floats, seen: list[int], wanted: int) -> int:
    """How many unseen credentials come before the wanted one; ties count as before it."""
    better = scores >= scores[wanted]
    better[[*seen, wanted]] = False
    return int(np.count_nonzero(better))


def _metrics(places: NDArray[np.int64], prefix: str) -> dict[str, float]:
    hit = places < K
    gain = np.where(hit, 1 / np.log2(places + 2.0), 0)
    return {
        f"{prefix}recall_at_{K}": round(float(hit.mean()), 4),
        f"{prefix}ndcg_at_{K}": round(float(gain.mean()), 4),
    }
