"""Small logs with known answers."""

from collections.abc import Sequence

import numpy as np

from libs.common.contracts.profile import Kind
from services.recommender.evaluation.log import Event, Ints, Log
from services.recommender.trainer.columns import CODES

Entry = tuple[int, int] | tuple[int, int, Kind]


def log_of(entries: Sequence[Entry], *, learners: int = 0, credentials: int = 0) -> Log:
    """(learner, credential, kind?) a second apart, in this order; rows are the ids' numbers."""
    learner = np.array([entry[0] for entry in entries], np.int64)
    credential = np.array([entry[1] for entry in entries], np.int64)
    kinds = [entry[2] if len(entry) == 3 else "enroll" for entry in entries]
    return Log(
        learner=learner,
        credential=credential,
        kind=np.array([CODES[kind] for kind in kinds], np.uint8),
        at_ms=1000 * np.arange(len(entries)),
        learner_ids=[f"l{row}" for row in range(max(learners, learner.max() + 1))],
        credential_ids=[f"c{row}" for row in range(max(credentials, credential.max() + 1))],
    )


def checkerboard(size: int = 30) -> Log:
    """implicit's checkerboard, shuffled: learner i likes every credential of their parity but the i-th."""
    entries = [(i, j) for i in range(size) for j in range(i % 2, size, 2) if i != j]
    np.random.default_rng(1).shuffle(entries)
    return log_of([(int(i), int(j)) for i, j in entries])


class Fixed:
    """Lists what it is told to, whoever asks, and keeps what happened to it, in order."""

    name = "fixed"

    def __init__(self, rows: Sequence[int]) -> None:
        self._rows = rows
        self.calls: list[tuple[str, int, int]] = []

    def fit(self, log: Log) -> None:
        self.calls += [("fit", event.learner, event.credential) for event in log.events()]

    def rank(self, learner: int, now_ms: int, k: int) -> Ints:
        self.calls.append(("rank", learner, now_ms))
        return np.array(self._rows[:k], np.int64)

    def update(self, event: Event) -> None:
        self.calls.append(("update", event.learner, event.credential))
