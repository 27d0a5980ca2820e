"""The guard before a new model: compared with the one in use, on events that neither has learned from.

When a fit's data is about to be saved (at O), the model in use is copied. Whatever learners take up until the fit is
back is then asked of both as they were at O: the copy, and the same with the fit's factors. The challenger is
promoted unless it is worse, which is said when the 95 % interval of the mean difference of NDCG@20 (paired
bootstrap) lies below zero, and not with fewer than `LEAST_QUESTIONS` questions.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from msgspec import Struct

from services.recommender.evaluation.bootstrap import interval, resampled_means
from services.recommender.model.learned import Model
from services.recommender.model.live import Fold
from services.recommender.trainer.live_quality import Question, gain

LEAST_QUESTIONS = 50
"""With fewer nothing is said of either: the challenger, which has learned from newer data, is promoted."""
PARKED = "parked"
"""The metric that a model has which was stored and not announced."""


class Comparison(Struct, frozen=True, kw_only=True):
    """NDCG@20 of both on the same `questions`; low and high: the 95 % interval of challenger − incumbent."""

    questions: int
    incumbent: float
    challenger: float
    low: float
    high: float

    @property
    def worse(self) -> bool:
        """Whether the challenger is worse, as far as can be said."""
        return self.questions >= LEAST_QUESTIONS and self.high < 0

    @property
    def reason(self) -> str:
        """Why the challenger is promoted, or parked."""
        if self.questions < LEAST_QUESTIONS:
            return f"fewer than {LEAST_QUESTIONS} questions"
        if self.worse:
            return "worse"
        return "better" if self.low > 0 else "not worse"

    def figures(self) -> dict[str, float]:
        """For a model's metrics."""
        return {
            "compared_questions": float(self.questions),
            "incumbent_ndcg_at_20": round(self.incumbent, 4),
            "challenger_ndcg_at_20": round(self.challenger, 4),
            "change_low": round(self.low, 4),
            "change_high": round(self.high, 4),
        }


def compare(incumbent: Model, challenger: Model, questions: Iterable[Question]) -> Comparison:
    """Asks both the same; takes about half a millisecond each and question (2,800 credentials)."""
    gains = np.array([(gain(incumbent, q), gain(challenger, q)) for q in questions]).reshape(-1, 2)
    if not len(gains):
        return Comparison(questions=0, incumbent=0, challenger=0, low=0, high=0)
    means, draws = gains.mean(axis=0), resampled_means(gains)
    low, high = interval(draws[:, 1] - draws[:, 0])
    return Comparison(
        questions=len(gains),
        incumbent=float(means[0]),
        challenger=float(means[1]),
        low=low,
        high=high,
    )


def challenger_of(
    incumbent: Model, fold: Fold, credential_ids: Sequence[str], weights: dict[str, float]
) -> Model:
    """The incumbent with a fit's factors and the signals' weights; credential_ids: what the fit's rows are."""
    factors = np.zeros((len(incumbent.factors), fold.factors.shape[1]), np.float32)
    suggested = fold.priors.copy()
    suggested[fold.trained] = fold.factors[fold.trained]
    for row, credential_id in enumerate(credential_ids[: len(suggested)]):
        if (at := incumbent.index.get(credential_id)) is not None:
            factors[at] = suggested[row]
    wide = factors.astype(np.float64)
    return replace(
        incumbent,
        weights=weights,
        factors=factors,
        gram=wide.T @ wide,
        alpha=fold.alpha,
        regularization=fold.regularization,
    )
