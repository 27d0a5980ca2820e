"""The guard before a new model: compared with the one in use, on events that neither has learned from.

When a fit's data has been saved (at O), the model in use is copied. Whatever learners take up until the fit is back
is then asked of both as they were at O: the copy, and the same with the fit's factors. The challenger is
promoted unless it is worse, which is said when the 95 % interval of the mean difference (of paired
differences, by the normal approximation) lies below zero.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from msgspec import Struct
from prometheus_client import Counter

from services.recommender.model.learned import Model
from services.recommender.model.live import Fold
from services.recommender.trainer.live_quality import Question, gain

LEAST_QUESTIONS = 50
"""With fewer nothing is said of either."""
PARKED = "parked"
"""The metric that a model has which was stored and not announced."""
_NORMAL_95 = 1.96

PROMOTIONS = Counter(
    "stackwise_recommender_promotions_total",
    "New models by outcome: promoted, parked (worse than the one in use). Alert when one is parked.",
    ["outcome"],
)


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
    """Asks both the same; takes about a millisecond each and question."""
    gains = np.array([(gain(incumbent, q), gain(challenger, q)) for q in questions]).reshape(-1, 2)
    if not len(gains):
        return Comparison(questions=0, incumbent=0, challenger=0, low=0, high=0)
    change = gains[:, 1] - gains[:, 0]
    margin = _NORMAL_95 * float(change.std(ddof=min(1, len(change) - 1))) / len(change) ** 0.5
    return Comparison(
        questions=len(gains),
        incumbent=float(gains[:, 0].mean()),
        challenger=float(gains[:, 1].mean()),
        low=float(change.mean()) - margin,
        high=float(change.mean()) + margin,
    )


def challenger_of(incumbent: Model, fold: Fold, credential_ids: Sequence[str]) -> Model:
    """The incumbent with a fit's factors; credential_ids: what the fit's rows are."""
    factors = np.zeros((len(incumbent.factors), fold.factors.shape[1]), np.float32)
    suggested = fold.priors.copy()
    suggested[fold.trained] = fold.factors[fold.trained]
    for row, credential_id in enumerate(credential_ids[: len(suggested)]):
        if (at := incumbent.index.get(credential_id)) is not None:
            factors[at] = suggested[row]
    wide = factors.astype(np.float64)
    return replace(
        incumbent,
        factors=factors,
        gram=wide.T @ wide,
        alpha=fold.alpha,
        regularization=fold.regularization,
    )
