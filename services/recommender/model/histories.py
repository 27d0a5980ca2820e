"""Every learner's tastes as numbers, seen from both sides: by learner, newest first, and by credential.

This is what the item side is computed from: each of its statistics is a sum over learners of a pure
function of their tastes.
"""

from collections.abc import Sequence

import numpy as np

from services.recommender.model.ragged import Ragged
from services.recommender.model.types import Doubles, Floats, Rows


class Histories:
    """Learners and credentials are row numbers. support: per credential, the sum of its learners' weights."""

    def __init__(self) -> None:
        self.by_learner = Ragged()
        self.by_credential = Ragged()
        self.support: Doubles = np.zeros(1024)

    def fill(self, learners: Rows, credentials: Rows, weights: Floats, count: int) -> None:
        """Sets all tastes of the first `count` learners at once, by learner and then newest first; (n,) each."""
        self.by_learner.fill(learners, credentials, weights, count)
        order = np.argsort(credentials, kind="stable")
        items = int(credentials.max()) + 1 if len(credentials) else 0
        self.by_credential.fill(credentials[order], learners[order], weights[order], items)
        self.support = np.bincount(credentials, weights, minlength=max(items, 1024)).astype(float)

    @property
    def tastes(self) -> int:
        """How many there are, of all learners."""
        return int(self.by_learner.length.sum())

    def put(
        self, learner: int, credentials: Sequence[int], weights: Sequence[float]
    ) -> tuple[Rows, Rows]:
        """Replaces a learner's tastes (newest first).

        Answers the credentials whose weight is another than before, and all that were or are among the tastes.
        """
        old = dict(zip(*(part.tolist() for part in self.by_learner.row(learner)), strict=True))
        rounded = np.array(weights, np.float32)
        new = dict(zip(credentials, rounded.tolist(), strict=True))
        self.by_learner.replace(learner, np.array(credentials, np.int32), rounded)
        gone = [each for each in old if each not in new]
        changed = [each for each, weight in new.items() if old.get(each) != weight] + gone
        for credential in changed:
            self._change(learner, credential, old.get(credential), new.get(credential))
        return np.array(changed, np.int64), np.array([*credentials, *gone], np.int64)

    def _change(
        self, learner: int, credential: int, before: float | None, after: float | None
    ) -> None:
        if credential >= len(self.support):
            self.support = np.append(self.support, np.zeros(credential + 1))
        self.support[credential] += (after or 0.0) - (before or 0.0)
        if after is None:
            self.by_credential.remove(credential, learner)
        else:
            self.by_credential.put(credential, learner, after)
