"""Learners and credentials drawn from a seed: a few topics each, popularity by Zipf's law within a topic."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from libs.common.contracts.profile import Interaction
from libs.common.contracts.redis_values import LearnerState
from services.recommender.model.live import Fold
from services.recommender.model.training import Tuning, train
from services.recommender.trainer.columns import Columns
from services.recommender.trainer.learners import Learners
from services.recommender.trainer.matrix import matrix_of

TOPICS = 100
TOPICS_EACH = 2
ZIPF = 0.9
KIND_SHARES = {"view": 0.6, "save": 0.15, "enroll": 0.15, "complete": 0.1}
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
SPAN = timedelta(days=60)
HALF_LIFE_HOURS = 14 * 24.0
SWEEPS = 5


class Synthetic:
    """`learners` with about `each` interactions before, and as many events as are asked for after."""

    def __init__(self, learners: int, credentials: int, each: int, seed: int = 5) -> None:
        self.learners, self.credentials, self.each = learners, credentials, each
        self._random = np.random.default_rng(seed)
        self._order = self._random.permutation(credentials)
        self._topics = self._random.integers(0, TOPICS, (learners, TOPICS_EACH))
        self.credential_ids = [f"credential-{number:06d}" for number in range(credentials)]
        self.topic_of = {
            self.credential_ids[credential]: place * TOPICS // credentials
            for place, credential in enumerate(self._order.tolist())
        }
        self.learner_keys = [f"{number:022x}" for number in self._random.permutation(learners)]

    def pairs(self, learners: NDArray[np.int64]) -> NDArray[np.int64]:
        """A credential for each of the learners, out of one of their topics."""
        size = max(1, self.credentials // TOPICS)
        topic = self._topics[learners, self._random.integers(0, TOPICS_EACH, len(learners))]
        chances = np.arange(1, size + 1) ** -ZIPF
        rank = self._random.choice(size, len(learners), p=chances / chances.sum())
        return self._order[(topic * size + rank) % self.credentials]

    def states(self) -> Iterator[LearnerState]:
        """Every learner's state after the interactions before."""
        credentials = self.pairs(np.repeat(np.arange(self.learners), self.each))
        kinds = self._kinds(len(credentials))
        ats = self._random.integers(0, int(SPAN.total_seconds() * 1000), len(credentials))
        began = int(BEGAN.timestamp() * 1000)
        for learner, key in enumerate(self.learner_keys):
            interactions: dict[str, dict[str, int]] = {}
            for place in range(learner * self.each, (learner + 1) * self.each):
                credential = self.credential_ids[credentials[place]]
                interactions.setdefault(credential, {})[kinds[place]] = began + int(ats[place])
            yield LearnerState(key, 0, interactions=interactions)  # type: ignore[arg-type]

    def events(self, count: int) -> list[Interaction]:
        """Interactions after those, a second apart."""
        learners = self._random.integers(0, self.learners, count)
        credentials, kinds = self.pairs(learners), self._kinds(count)
        return [
            Interaction(
                learner_key=self.learner_keys[learner],
                partner_id="benchmark",
                credential_id=self.credential_ids[credential],
                kind=kind,  # type: ignore[arg-type]
                occurred_at=BEGAN + SPAN + timedelta(seconds=number),
                accepted_at=BEGAN + SPAN + timedelta(seconds=number),
                consent_changed_at=datetime.fromtimestamp(0, UTC),
            )
            for number, (learner, credential, kind) in enumerate(
                zip(learners.tolist(), credentials.tolist(), kinds, strict=True)
            )
        ]

    def _kinds(self, count: int) -> list[str]:
        names, shares = list(KIND_SHARES), list(KIND_SHARES.values())
        drawn = self._random.choice(len(names), count, p=shares)
        return [names[number] for number in drawn.tolist()]


def tuning(factors: int) -> Tuning:
    """Settings of the fits that are measured with."""
    return Tuning(factors=factors, alpha=30.0, regularization=30.0, iterations=SWEEPS)


def fold_of(learners: Learners, columns: Columns, factors: int) -> Fold:
    """A short fit of the columns."""
    settings = tuning(factors)
    matrix = matrix_of(columns)
    _, found = train(matrix.weights, settings, progress=lambda sweep: None)
    placed = np.zeros((len(learners.states.credentials), factors), np.float32)
    placed[matrix.items] = found
    return Fold(
        placed, matrix.items, settings.alpha, settings.regularization, np.zeros_like(placed)
    )
