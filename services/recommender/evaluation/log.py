"""Recorded interactions as columns, and what the evaluation counts as taken up and as liked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from libs.common.contracts.profile import Kind
from services.recommender.domain.history import KIND_WEIGHTS
from services.recommender.trainer.columns import KINDS

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

TAKEN_UP: frozenset[Kind] = frozenset({"enroll", "complete"})
"""What is predicted, and never recommended again; as the trainer's live quality has it."""
LIKED: frozenset[Kind] = frozenset(KIND_WEIGHTS)
"""What counts as a history."""


class Event(NamedTuple):
    """learner and credential are rows of the log's id tables; at_ms: Unix milliseconds."""

    learner: int
    credential: int
    kind: Kind
    at_ms: int


@dataclass(frozen=True, slots=True)
class Log:
    """N interactions in time order.

    learner, credential (N,): rows of learner_ids and credential_ids, which are those of the whole data
    set, so a row alone does not say that it has been seen; kind (N,): places in `columns.KINDS`;
    at_ms (N,): Unix milliseconds, or made up where there is no clock (`reading`); clock says which.
    """

    learner: Ints
    credential: Ints
    kind: NDArray[np.uint8]
    at_ms: Ints
    learner_ids: Sequence[str]
    credential_ids: Sequence[str]
    clock: bool = True

    def __len__(self) -> int:
        return len(self.learner)

    def take(self, places: NDArray[Any] | slice) -> "Log":
        """The interactions at `places` (a mask, indexes or a slice), with the same id tables."""
        return replace(
            self,
            learner=self.learner[places],
            credential=self.credential[places],
            kind=self.kind[places],
            at_ms=self.at_ms[places],
        )

    def events(self) -> Iterator[Event]:
        """Every interaction, the first first."""
        columns = (self.learner, self.credential, self.kind, self.at_ms)
        for learner, credential, kind, at_ms in zip(*(c.tolist() for c in columns), strict=True):
            yield Event(learner, credential, KINDS[kind], at_ms)


def some_learners(log: Log, most: int, seed: int = 1) -> Log:
    """The interactions of at most `most` learners, drawn at random, with id tables of their own."""
    random = np.random.default_rng(seed)
    chosen = random.choice(len(log.learner_ids), min(most, len(log.learner_ids)), replace=False)
    part = log.take(np.isin(log.learner, chosen))
    learners, learner = np.unique(part.learner, return_inverse=True)
    credentials, credential = np.unique(part.credential, return_inverse=True)
    return replace(
        part,
        learner=learner,
        credential=credential,
        learner_ids=[log.learner_ids[row] for row in learners.tolist()],
        credential_ids=[log.credential_ids[row] for row in credentials.tolist()],
    )
