"""Learners erased through this gateway: gone here at once, though Redis may take a moment longer."""

from collections import OrderedDict

MOST_REMEMBERED = 100_000


class Erasures:
    """Learner keys are never given twice, so nothing has to be forgotten when a learner comes back."""

    def __init__(self) -> None:
        self._keys: OrderedDict[str, None] = OrderedDict()

    def add(self, learner_key: str) -> None:
        self._keys[learner_key] = None
        if len(self._keys) > MOST_REMEMBERED:
            self._keys.popitem(last=False)

    def __contains__(self, learner_key: str) -> bool:
        return learner_key in self._keys
