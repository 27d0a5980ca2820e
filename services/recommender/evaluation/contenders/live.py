"""Parts of Stackwise that rank by factors alone: the trainer's and the worker's own code, fed one event at a time.

`Learners` merges the events and keeps the item side as the trainer does, `Followers` holds what the workers
have of it. Nothing is a copy.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np

from libs.common.contracts.profile import Interaction
from libs.common.contracts.redis_values import LearnerState
from services.recommender.domain.history import history
from services.recommender.evaluation.contenders.listing import best
from services.recommender.evaluation.log import TAKEN_UP, Event, Ints, Log
from services.recommender.model.learned import snapshot
from services.recommender.model.live import Fold
from services.recommender.model.moved import Followers
from services.recommender.model.training import Tuning, tuning_for
from services.recommender.trainer.columns import Columns
from services.recommender.trainer.fit import train_on
from services.recommender.trainer.folds import placed
from services.recommender.trainer.learners import Learners
from services.recommender.trainer.matrix import matrix_of
from services.recommender.trainer.newcomers import Newcomers
from services.recommender.trainer.states import States, fold

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NAME = "evaluation"
HALF_LIFE_HOURS = 14 * 24.0
TICK = 10
"""Events between two of the trainer's ticks, which come every second when deployed."""
SWEEP_AFTER = 10_000
"""Events between two sweeps of the trainer."""


class Trained:
    """The learners' states and the item side, trained once. `tuning` None: chosen by the size of the data."""

    _warm = True
    """Whether a training goes on from the live factors, as the trainer's does."""

    def __init__(self, tuning: Tuning | None = None) -> None:
        self._tuning = tuning
        self._used: Tuning | None = None
        self._learners = Learners(States(), HALF_LIFE_HOURS)
        self._newcomers = Newcomers(self._learners.states.credentials)
        self._weights: dict[str, float] = {}
        self._trained_at = 0
        self._told = 0
        self._taken: defaultdict[int, set[int]] = defaultdict(set)

    @property
    def settings(self) -> Mapping[str, float]:
        """What the factors were trained with."""
        assert self._used is not None
        return {name: float(value) for name, value in msgspec.structs.asdict(self._used).items()}

    def fit(self, log: Log) -> None:
        self._ids = log.learner_ids
        self._credential_ids = log.credential_ids
        self._rows = {each: row for row, each in enumerate(log.credential_ids)}
        for event in log.events():
            self._apply(event)
        self._train()

    def _state(self, learner: int) -> LearnerState:
        key = self._ids[learner]
        return self._learners.states.get(key) or LearnerState(key, 0)

    def _apply(self, event: Event) -> None:
        if event.kind in TAKEN_UP:
            self._taken[event.learner].add(event.credential)
        at = moment(event.at_ms)
        self._learners.apply(
            0,
            Interaction(
                learner_key=self._ids[event.learner],
                partner_id=NAME,
                credential_id=self._credential_ids[event.credential],
                kind=event.kind,
                occurred_at=at,
                accepted_at=at,
                consent_changed_at=EPOCH,
            ),
        )

    def _due(self) -> bool:
        return self._learners.events - self._trained_at >= SWEEP_AFTER

    def _train(self) -> None:
        states, live = self._learners.states, self._learners.live
        columns = fold(states.columns, states.freeze(), states.credentials, 0)
        states.adopt(columns)
        self._trained_at = self._learners.events
        live.mark()
        fitted = self._fitted(columns)
        live.install(self._newcomers.learn(fitted, live.histories.support))
        model = snapshot(
            live,
            states.credentials.ids,
            self._learners.trends(),
            version=NAME,
            trained_at=EPOCH,
            half_life_hours=HALF_LIFE_HOURS,
            metrics={},
            weights=self._weights,
        )
        self._followers = Followers(model, states.credentials.ids)

    def _fitted(self, columns: Columns) -> Fold:
        matrix = matrix_of(columns)
        learners, credentials = matrix.weights.shape
        used = self._tuning or tuning_for(learners, credentials, matrix.weights.nnz)
        live = self._learners.live
        warm = self._warm and used == self._used
        start = live.factors[matrix.items] if warm else None
        factors, _ = train_on(matrix, used, 1, start)
        self._used = used
        return placed(factors, matrix.items, len(self._learners.states.credentials), used)

    def _stream(self) -> None:
        self._told += 1
        if self._told % TICK:
            return
        live = self._learners.live
        self._newcomers.draw(live)
        self._followers.moved(live, live.step(), self._learners.trends())


class LearnerFoldIn(Trained):
    """The factors of the training part; only the learner is folded in anew."""

    name = "learner_fold_in"

    def rank(self, learner: int, now_ms: int, k: int) -> Ints:  # noqa: ARG002
        """By affinity alone."""
        state, model = self._state(learner), self._followers.model
        scores = np.full(len(self._credential_ids), -np.inf)
        scores[[self._rows[item] for item in model.item_ids]] = model.affinity(
            history(state.interactions)
        )
        return best(scores, np.array([*self._taken[learner]], np.int64), k)

    def update(self, event: Event) -> None:
        self._apply(event)


class PeriodicRetrain(LearnerFoldIn):
    """The same, trained from scratch now and then."""

    name = "periodic_retrain"
    _warm = False

    def update(self, event: Event) -> None:
        self._apply(event)
        if self._due():
            self._train()


class LiveAls(LearnerFoldIn):
    """The deployed item side, of which only the factors rank."""

    name = "live_als"

    def update(self, event: Event) -> None:
        self._apply(event)
        self._stream()
        if self._due():
            self._train()


def moment(at_ms: int) -> datetime:
    """The UTC moment of Unix milliseconds."""
    return EPOCH + timedelta(milliseconds=at_ms)
