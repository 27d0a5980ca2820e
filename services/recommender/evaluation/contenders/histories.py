"""What a contender has been told of each learner."""

from collections import defaultdict

import numpy as np

from services.recommender.evaluation.log import LIKED, TAKEN_UP, Event, Ints


class Histories:
    """learner → credential rows: those liked, in the order of their first mention, and those taken up."""

    def __init__(self) -> None:
        self._liked: defaultdict[int, dict[int, None]] = defaultdict(dict)
        self._taken: defaultdict[int, dict[int, None]] = defaultdict(dict)

    def add(self, event: Event) -> bool:
        """Whether the learner likes one more credential for it."""
        if event.kind in TAKEN_UP:
            self._taken[event.learner][event.credential] = None
        if event.kind not in LIKED or event.credential in self._liked[event.learner]:
            return False
        self._liked[event.learner][event.credential] = None
        return True

    def liked(self, learner: int) -> Ints:
        """(n,), the oldest first."""
        return _rows(self._liked.get(learner))

    def taken(self, learner: int) -> Ints:
        """(n,), the oldest first."""
        return _rows(self._taken.get(learner))


def _rows(found: dict[int, None] | None) -> Ints:
    return np.fromiter(found or (), np.int64)
