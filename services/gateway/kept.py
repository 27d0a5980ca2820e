"""What was last asked for, within bounds."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Kept(Generic[K, V]):
    """Values by key. Together they weigh at most `most`; those not asked for the longest go first."""

    def __init__(self, most: int, weigh: Callable[[V], int] = lambda _: 1) -> None:
        self._most = most
        self._weigh = weigh
        self._values: OrderedDict[K, V] = OrderedDict()
        self.weight = 0

    def get(self, key: K) -> V | None:
        """The value, if it is still kept."""
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def put(self, key: K, value: V) -> None:
        """Keeps a value in place of the key's last."""
        self.forget(key)
        self._values[key] = value
        self.weight += self._weigh(value)
        while self.weight > self._most:
            _, oldest = self._values.popitem(last=False)
            self.weight -= self._weigh(oldest)

    def forget(self, key: K) -> None:
        """Nothing is kept for the key."""
        value = self._values.pop(key, None)
        if value is not None:
            self.weight -= self._weigh(value)
