"""What live quality and the promotion guard show, and what to alert on."""

import numpy as np
from prometheus_client import Counter, Gauge

RANKINGS = ("stackwise", "trend")
WINDOW = 1_000
"""How many of the newest questions the gauges are the mean of."""

NDCG = Gauge(
    "stackwise_recommender_live_ndcg_at_20",
    "Mean NDCG@20 of what learners took up, asked before it was learned, over the newest 1,000 questions; by "
    "ranking: stackwise (the deployed model and fusion), trend (popularity alone). Alert when stackwise stays below "
    "1.1 times trend, or falls by a third within a day, while questions are asked.",
    ["ranking"],
)
RECALL = Gauge(
    "stackwise_recommender_live_recall_at_20",
    "The same, as the share of questions whose answer was among the first 20.",
    ["ranking"],
)
GAIN = Counter(
    "stackwise_recommender_live_gain_total",
    "Sum of NDCG@20 over all questions asked: its rate by that of the questions asked is the mean of any window.",
    ["ranking"],
)
QUESTIONS = Counter(
    "stackwise_recommender_live_questions_total",
    "Enrolments and completions that could be asked about, by outcome: asked; no_time (a second's share was used "
    "up); no_model (none is trained, or one is just being taken over). Alert when events come and none is asked for an hour.",
    ["outcome"],
)
PROMOTIONS = Counter(
    "stackwise_recommender_promotions_total",
    "New models by outcome: promoted, parked (worse than the one in use). Alert when one is parked: the data or "
    "the settings have changed.",
    ["outcome"],
)


class Gains:
    """NDCG@20 of the newest questions, by ranking."""

    def __init__(self) -> None:
        self._newest = np.zeros((WINDOW, len(RANKINGS)))
        self._count = 0

    def add(self, *gains: float) -> None:
        """One question's, in the order of `RANKINGS`."""
        self._newest[self._count % WINDOW] = gains
        self._count += 1
        ndcg, recall = self._means()
        for ranking, gained, mean, hit in zip(RANKINGS, gains, ndcg, recall, strict=True):
            GAIN.labels(ranking).inc(gained)
            NDCG.labels(ranking).set(mean)
            RECALL.labels(ranking).set(hit)

    def figures(self) -> dict[str, float]:
        """The means, for a model's metrics; empty before the first question."""
        if not self._count:
            return {}
        ndcg, recall = self._means()
        return {
            "live_questions": float(min(self._count, WINDOW)),
            "live_ndcg_at_20": round(ndcg[0], 4),
            "live_recall_at_20": round(recall[0], 4),
            "live_trend_ndcg_at_20": round(ndcg[1], 4),
        }

    def _means(self) -> tuple[list[float], list[float]]:
        newest = self._newest[: self._count]
        return newest.mean(axis=0).tolist(), (newest > 0).mean(axis=0).tolist()
