"""Stackwise itself: the trainer's and the worker's own code, fed one event at a time.

`Learners` merges the events and keeps the item side as the trainer does, `Followers` says which rows
move as its stream does, and `rank` makes the list as a worker does. Nothing is a copy.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import numpy as np

from libs.common.contracts.calls import Constraints
from libs.common.contracts.catalog import Credential, Issuer
from libs.common.contracts.profile import Interaction
from services.recommender.domain.catalog_index import CatalogIndex
from services.recommender.domain.ranking import rank
from services.recommender.evaluation.log import Event, Ints, Log
from services.recommender.model.learned import snapshot
from services.recommender.model.live import Fold
from services.recommender.model.moved import Followers
from services.recommender.model.training import Tuning, tuning_for
from services.recommender.trainer.columns import Columns
from services.recommender.trainer.fit import train_on
from services.recommender.trainer.learners import Learners
from services.recommender.trainer.matrix import matrix_of
from services.recommender.trainer.states import States, fold

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PARTNER = "evaluation"
HALF_LIFE_HOURS = 14 * 24.0


class Stackwise:
    """The fused ranking as deployed; `credentials`: what the catalog says of them, by id."""

    name = "stackwise"

    def __init__(
        self,
        credentials: Mapping[str, Credential],
        tuning: Tuning | None = None,
        half_life_hours: float = HALF_LIFE_HOURS,
        sweep_after: int = 10_000,
    ) -> None:
        self._described = credentials
        self._tuning = tuning
        self._catalog = CatalogIndex()
        self._sweep_after = sweep_after
        self.learners = Learners(States(), half_life_hours)

    def fit(self, log: Log) -> None:
        self._log = log
        for event in log.events():
            self._apply(event)
        self._known = {each: row for row, each in enumerate(log.credential_ids)}
        self._sweep()

    def rank(self, learner: int, now_ms: int, k: int) -> Ints:
        state = self.learners.states.get(self._log.learner_ids[learner])
        assert state is not None
        ranking = rank(
            state, self.followers.model, self._catalog, Constraints(), now=_moment(now_ms), limit=k
        )
        return np.array([self._known[item.credential_id] for item in ranking.items], np.int64)

    def update(self, event: Event) -> None:
        self._apply(event)
        self.stream()
        if self.learners.events - self._swept_at >= self._sweep_after:
            self._sweep()

    def stream(self) -> None:
        changed = self.learners.live.step()
        self.followers.moved(self.learners.live, changed, self.learners.trends())

    def _apply(self, event: Event) -> None:
        credential_id = self._log.credential_ids[event.credential]
        if credential_id not in self.learners.states.credentials:
            self._catalog.put(self._described.get(credential_id) or _bare(credential_id), _EPOCH)
        self.learners.apply(0, self._interaction(event, credential_id))

    def _interaction(self, event: Event, credential_id: str) -> Interaction:
        at = _moment(event.at_ms)
        return Interaction(
            learner_key=self._log.learner_ids[event.learner],
            partner_id=PARTNER,
            credential_id=credential_id,
            kind=event.kind,
            occurred_at=at,
            accepted_at=at,
            consent_changed_at=_EPOCH,
        )

    def _sweep(self) -> None:
        states, live = self.learners.states, self.learners.live
        columns = fold(states.columns, states.freeze(), states.credentials, 0)
        states.adopt(columns)
        self._swept_at = self.learners.events
        live.mark()
        live.install(self._fitted(columns))
        model = snapshot(
            live,
            states.credentials.ids,
            self.learners.trends(),
            version="evaluation",
            trained_at=_EPOCH,
            half_life_hours=self.learners.half_life_hours,
            metrics={},
        )
        self.followers = Followers(model, states.credentials.ids)

    def _fitted(self, columns: Columns) -> Fold:
        matrix = matrix_of(columns)
        tuning = self._tuning or tuning_for(*matrix.weights.shape, matrix.weights.nnz)
        factors, self.metrics = train_on(matrix, tuning, 2)
        placed = np.zeros((len(self.learners.states.credentials), factors.shape[1]), np.float32)
        placed[matrix.items] = factors
        return Fold(
            placed, matrix.items, tuning.alpha, tuning.regularization, np.zeros_like(placed)
        )


def _moment(at_ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=at_ms)


def _bare(credential_id: str) -> Credential:
    return Credential(
        id=credential_id,
        revision=1,
        updated_at=_EPOCH,
        type="MicroCredential",
        name=credential_id,
        status="active",
        issuer=Issuer(id=PARTNER, name=PARTNER),
        url="https://example.org/",
    )
