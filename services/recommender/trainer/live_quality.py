"""Live quality: where the model in use would have put what a learner then took up.

Every enrolment and completion that is news of a learner with a history is asked about before it is applied. The
learned signals are scored and fused as the worker does, over all credentials that the learner has not
taken up; constraints, goals and the catalog's own signals are left out, because they change what is
asked for, not how well it is known. Asking may take `SHARE` of the trainer's time: what comes when a
second's part of it is used up is counted and not asked.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

import numpy as np

from libs.common.contracts.profile import Interaction, Kind
from libs.common.contracts.redis_values import LearnerState
from libs.common.contracts.types import milliseconds
from services.recommender.domain.fusion import WEIGHTS, fuse
from services.recommender.domain.history import history
from services.recommender.domain.signals import of_history
from services.recommender.model.learned import Model
from services.recommender.trainer import live_metrics
from services.recommender.trainer.live_metrics import Gains

K = 20
TAKING_UP: frozenset[Kind] = frozenset({"enroll", "complete"})
TAKEN_UP: frozenset[Kind] = TAKING_UP | {"withdraw"}
"""What only someone has who has taken the credential up."""
SHARE = 0.05
"""Seconds of asking in a second. A question takes 0.5 ms with 2,800 credentials, 6 ms with 100,000."""
TRAINED = 2
"""The factors that a trained model has at least; what comes before the first training is not asked."""
KEPT = 2_000
"""How many of the newest questions since a fit's data are kept to compare models by."""


class Question(NamedTuple):
    """What a learner's history was when they took a credential up; taken: what they had taken up before."""

    history: list[tuple[str, float]]
    taken: list[str]
    credential_id: str
    at: datetime


class LiveQuality:
    """`model` gives what followers have. Nothing is asked until `open`: a log read again is no news.

    timer: seconds, for how long asking takes.
    """

    def __init__(
        self, model: Callable[[], Model | None], timer: Callable[[], float] = time.perf_counter
    ) -> None:
        self._model = model
        self._timer = timer
        self._gains = Gains()
        self._second, self._spent = 0, 0.0
        self._kept: deque[Question] | None = None
        self.open = False

    def begin(self) -> None:
        """From here on questions are kept, the newest `KEPT`, to compare models by."""
        self._kept = deque(maxlen=KEPT)

    def end(self) -> list[Question]:
        """The questions since `begin`, of which none is kept any longer."""
        kept, self._kept = self._kept, None
        return list(kept or ())

    def wants(self, event: Interaction) -> bool:
        """Whether the event may be a question: only then its learner need be looked up."""
        return self.open and event.kind in TAKING_UP

    def see(self, before: LearnerState | None, event: Interaction) -> None:
        """Asks about an event that is about to be applied to the state `before`."""
        question = _question(before, event) if self.wants(event) else None
        if question is None:
            return
        if self._kept is not None:
            self._kept.append(question)
        live_metrics.QUESTIONS.labels(self._ask(question)).inc()

    def figures(self) -> dict[str, float]:
        """The means of now, for a model's metrics; empty before the first question."""
        return self._gains.figures()

    def _ask(self, question: Question) -> str:
        """Asks, and answers what came of it."""
        if (model := self._model()) is None or model.factors.shape[1] < TRAINED:
            return "no_model"
        if not self._has_time():
            return "no_time"
        started = self._timer()
        self._gains.add(gain(model, question), gain(model, question, only_trend=True))
        self._spent += self._timer() - started
        return "asked"

    def _has_time(self) -> bool:
        second = int(self._timer())
        if second != self._second:
            self._second, self._spent = second, 0.0
        return self._spent < SHARE


def gain(model: Model, question: Question, *, only_trend: bool = False) -> float:
    """NDCG@20 of the one credential that was taken up: 1 / log₂(1 + rank), 0 beyond rank 20 or if it is unknown.

    Ties count as before it. A model whose fold-in cannot be solved ranks nothing.
    """
    wanted = model.index.get(question.credential_id)
    if wanted is None:
        return 0.0
    try:
        signals = of_history(model, [] if only_trend else question.history, question.at)
    except np.linalg.LinAlgError:
        return 0.0
    open_to = np.ones(len(model.item_ids), bool)
    open_to[_rows(model, question.taken)] = False
    votes = fuse(
        {name: scores[open_to] for name, scores in signals.items()}, {**WEIGHTS, **model.weights}
    )
    place = int(np.count_nonzero(open_to[:wanted]))
    better = int(np.count_nonzero(votes.total >= votes.total[place])) - 1
    return float(1 / np.log2(2 + better)) if better < K else 0.0


def _question(before: LearnerState | None, event: Interaction) -> Question | None:
    """None for what is no news, or of whom nothing may be known."""
    if before is None or not before.consented:
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
