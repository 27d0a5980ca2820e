"""Live quality: where the model in use would have put what a learner then took up.

Every enrolment and completion that is news of a learner with a history is asked about before it is applied. The
learned signals are scored and fused as the worker does, over all credentials that the learner has not
taken up; constraints, goals and the catalog's own signals are left out, because they change what is
asked for, not how well it is known. At most `MOST_A_SECOND` are asked; the others are counted.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

import numpy as np
from prometheus_client import Counter, Gauge

from libs.common.contracts.profile import Interaction
from libs.common.contracts.redis_values import LearnerState
from libs.common.contracts.types import milliseconds
from services.recommender.domain.fusion import WEIGHTS, fuse
from services.recommender.domain.history import history
from services.recommender.domain.signals import of_history
from services.recommender.model.learned import Model

K = 20
TAKEN_UP = frozenset({"enroll", "complete"})
MOST_A_SECOND = 50
WINDOW = 1_000
"""How many of the newest questions the gauges are the mean of."""
KEPT = 500
"""How many of the newest questions since a fit's data are kept to compare models by."""

LIVE_NDCG = Gauge(
    "stackwise_recommender_live_ndcg_at_20",
    "Mean NDCG@20 of what learners took up, asked before it was learned; by ranking: stackwise, trend. "
    "Alert when stackwise stays below trend, or falls by a third within a day.",
    ["ranking"],
)
LIVE_RECALL = Gauge(
    "stackwise_recommender_live_recall_at_20", "The same, as the share of hits.", ["ranking"]
)
ASKED = Counter(
    "stackwise_recommender_live_questions_total",
    "Enrolments and completions that could be asked about, by outcome: asked, skipped (too many at once).",
    ["outcome"],
)


class Question(NamedTuple):
    """What a learner's history was when they took a credential up; taken: what they had taken up before."""

    history: list[tuple[str, float]]
    taken: list[str]
    credential_id: str
    at: datetime


class LiveQuality:
    """`model` gives what followers have. Nothing is asked until `open`: a log read again is no news."""

    def __init__(self, model: Callable[[], Model | None]) -> None:
        self._model = model
        self._gains: deque[tuple[float, float]] = deque(maxlen=WINDOW)
        self._second, self._this_second = 0, 0
        self.open = False
        self.questions: deque[Question] = deque(maxlen=KEPT)

    def begin(self) -> None:
        """From here on questions are kept to compare models by."""
        self.questions.clear()

    def see(self, before: LearnerState | None, event: Interaction) -> None:
        """Asks about an event that is about to be applied to the state `before`."""
        question = _question(before, event) if self.open else None
        if question is None:
            return
        self.questions.append(question)
        if (model := self._model()) is None or not self._may_ask():
            ASKED.labels("skipped").inc()
            return
        ASKED.labels("asked").inc()
        self._gains.append((gain(model, question), gain(model, question, only_trend=True)))
        for ranking, gains in zip(
            ("stackwise", "trend"), zip(*self._gains, strict=True), strict=True
        ):
            LIVE_NDCG.labels(ranking).set(float(np.mean(gains)))
            LIVE_RECALL.labels(ranking).set(float(np.mean(np.array(gains) > 0)))

    def figures(self) -> dict[str, float]:
        """The means of now, for a model's metrics; empty before the first question."""
        if not self._gains:
            return {}
        gains = np.array([ours for ours, _ in self._gains])
        return {
            "live_questions": float(len(gains)),
            "live_ndcg_at_20": round(float(gains.mean()), 4),
            "live_recall_at_20": round(float((gains > 0).mean()), 4),
        }

    def _may_ask(self) -> bool:
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._this_second = second, 0
        self._this_second += 1
        return self._this_second <= MOST_A_SECOND


def gain(model: Model, question: Question, *, only_trend: bool = False) -> float:
    """NDCG@20 of the one credential that was taken up: 1 / log₂(1 + rank), 0 beyond rank 20 or if it is unknown."""
    wanted = model.index.get(question.credential_id)
    if wanted is None:
        return 0.0
    signals = of_history(model, [] if only_trend else question.history, question.at)
    open_to = np.ones(len(model.item_ids), bool)
    open_to[_rows(model, question.taken)] = False
    votes = fuse(
        {name: scores[open_to] for name, scores in signals.items()}, {**WEIGHTS, **model.weights}
    )
    place = int(np.count_nonzero(open_to[:wanted]))
    better = int(np.count_nonzero(votes.total >= votes.total[place])) - 1
    return float(1 / np.log2(2 + better)) if better < K else 0.0


def _question(before: LearnerState | None, event: Interaction) -> Question | None:
    """None for what is no news, is not taking up, or of whom nothing may be known."""
    if event.kind not in TAKEN_UP or before is None or not before.consented:
        return None
    if milliseconds(event.consent_changed_at) != before.consent_changed_at:
        return None
    taken = [c for c, kinds in before.interactions.items() if not TAKEN_UP.isdisjoint(kinds)]
    known = history(before.interactions)
    if not known or event.credential_id in taken:
        return None
    return Question(known, taken, event.credential_id, event.occurred_at)


def _rows(model: Model, credential_ids: Iterable[str]) -> list[int]:
    return [row for each in credential_ids if (row := model.index.get(each)) is not None]
