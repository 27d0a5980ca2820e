"""Growing numpy columns over the rows of the catalog index, and derived ones that follow its changes."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from libs.common.contracts.catalog import Credential

Array = npt.NDArray[Any]
K = TypeVar("K", bound=Hashable)


class Column:
    """One value per row; rows that were never put hold `fill`."""

    def __init__(self, dtype: npt.DTypeLike, fill: Any) -> None:
        self._fill = fill
        self._values: Array = np.full(1024, fill, dtype)

    def put(self, row: int, value: Any) -> None:
        """Sets the value of a row, which may be new."""
        if row >= len(self._values):
            grown = np.full(2 * row, self._fill, self._values.dtype)
            grown[: len(self._values)] = self._values
            self._values = grown
        self._values[row] = value

    def first(self, rows: int) -> Array:
        """The first `rows` values; a view, not to be written to."""
        if rows > len(self._values):
            self.put(rows - 1, self._fill)
        return self._values[:rows]

    def copy(self) -> "Column":
        """A column of its own with the same values."""
        twin = Column(self._values.dtype, self._fill)
        twin._values = self._values.copy()
        return twin


class Derived(Generic[K]):
    """A column per key (a region, say) that differs from a common base in special rows only.

    `rule(credential, key)` gives a special row's value. The `keep` keys used last are kept and follow
    every change, so that asking again is a look-up.
    """

    def __init__(
        self, base: Column, rule: Callable[[Credential, K], Any], *, keep: int = 256
    ) -> None:
        self._base = base
        self._rule = rule
        self._keep = keep
        self._special: dict[int, Credential] = {}
        self._columns: OrderedDict[K, Column] = OrderedDict()

    def put(self, row: int, credential: Credential, value: Any, *, special: bool) -> None:
        """Sets the base value of a row; a special row gets its own value for each key."""
        self._base.put(row, value)
        self._special.pop(row, None)
        if special:
            self._special[row] = credential
        for key, column in self._columns.items():
            column.put(row, self._rule(credential, key) if special else value)

    def column(self, key: K, rows: int) -> Array:
        """The first `rows` values for a key; a view, not to be written to."""
        column = self._columns.get(key)
        if column is None:
            column = self._base.copy()
            for row, credential in self._special.items():
                column.put(row, self._rule(credential, key))
            self._columns[key] = column
            if len(self._columns) > self._keep:
                self._columns.popitem(last=False)
        self._columns.move_to_end(key)
        return column.first(rows)


class Postings:
    """Key → the rows that have it, each with a weight; sparse, compiled to arrays on first use."""

    def __init__(self) -> None:
        self._weights: dict[str, dict[int, float]] = {}
        self._arrays: dict[str, tuple[Array, Array]] = {}

    def replace(self, row: int, before: dict[str, float], after: dict[str, float]) -> None:
        """Gives a row other keys than it had before."""
        for key in before.keys() - after.keys():
            del self._weights[key][row]
            self._arrays.pop(key, None)
        for key, weight in after.items():
            if before.get(key) != weight:
                self._weights.setdefault(key, {})[row] = weight
                self._arrays.pop(key, None)

    def rows(self, key: str) -> tuple[Array, Array]:
        """The rows that have the key, ascending, and their weights."""
        arrays = self._arrays.get(key)
        if arrays is None:
            weights = sorted(self._weights.get(key, {}).items())
            pairs = np.array(weights, np.float64).reshape(-1, 2)
            arrays = pairs[:, 0].astype(np.int64), pairs[:, 1].copy()
            self._arrays[key] = arrays
        return arrays

    def weigh(self, query: Mapping[str, float], rows: int, rarity: Callable[[int], float]) -> Array:
        """For each of the first `rows` rows the sum of query weight × rarity × posting weight over its keys.

        rarity: of how many rows have the key.
        """
        found = [(self.rows(key), asked) for key, asked in query.items()]
        known = [(having, weights, asked) for (having, weights), asked in found if len(having)]
        if not known:
            return np.zeros(rows)
        spoken = [weights * (asked * rarity(len(having))) for having, weights, asked in known]
        places = np.concatenate([having for having, _, _ in known])
        return np.bincount(places, np.concatenate(spoken), minlength=rows)
