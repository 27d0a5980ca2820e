"""Rows of different and changing lengths, each a list of (index, weight), in two arrays.

A row that outgrows its place moves to the end and leaves a hole; when half of the arrays is holes they
are written anew. Rows are made by being named.
"""

import numpy as np
from numpy.typing import NDArray

from services.recommender.model.types import Floats, Rows

_LEAST_ROOM = 4
_LEAST_ARRAY = 1024


class Ragged:
    """Row r is index[start[r] : start[r] + length[r]], and weight likewise.

    index: (capacity,) int32; weight: (capacity,) float32; start, length, room: by row. The arrays are
    replaced as they grow: take them anew after every change.
    """

    def __init__(self) -> None:
        self.index: NDArray[np.int32] = np.zeros(_LEAST_ARRAY, np.int32)
        self.weight: Floats = np.zeros(_LEAST_ARRAY, np.float32)
        self.start: Rows = np.zeros(_LEAST_ARRAY, np.int64)
        self.length: NDArray[np.int32] = np.zeros(_LEAST_ARRAY, np.int32)
        self._room: NDArray[np.int32] = np.zeros(_LEAST_ARRAY, np.int32)
        self._rows = 0
        self._end = 0
        self._holes = 0

    def __len__(self) -> int:
        return self._rows

    def row(self, row: int) -> tuple[NDArray[np.int32], Floats]:
        """The row's indexes and weights: views, empty for a row that was never named."""
        if row >= self._rows:
            return self.index[:0], self.weight[:0]
        part = slice(int(self.start[row]), int(self.start[row] + self.length[row]))
        return self.index[part], self.weight[part]

    def places(self, rows: Rows) -> tuple[Rows, NDArray[np.int32]]:
        """Start and length of each of `rows`; a row that was never named is empty."""
        start, length = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int32)
        known = rows < self._rows
        start[known], length[known] = self.start[rows[known]], self.length[rows[known]]
        return start, length

    def fill(self, rows: Rows, index: Rows, weight: Floats, count: int) -> None:
        """Sets all of the first `count` rows at once; `rows` is ascending, all three are of shape (n,)."""
        length = np.bincount(rows, minlength=count).astype(np.int32)
        self.index, self.weight = index.astype(np.int32), weight.astype(np.float32)
        self.start = np.cumsum(length, dtype=np.int64) - length
        self.length, self._room = length, length.copy()
        self._rows, self._end, self._holes = count, len(index), 0

    def replace(self, row: int, index: NDArray[np.int32], weight: Floats) -> None:
        """Gives the row other contents."""
        self._make(row)
        if len(index) > self._room[row]:
            self._move(row, len(index))
        first = int(self.start[row])
        self.index[first : first + len(index)] = index
        self.weight[first : first + len(index)] = weight
        self.length[row] = len(index)

    def put(self, row: int, index: int, weight: float) -> None:
        """Adds (index, weight) to the row, or gives the index another weight there."""
        indexes, weights = self.row(row)
        found = np.flatnonzero(indexes == index)
        if len(found):
            weights[found[0]] = weight
            return
        self._make(row)
        length = int(self.length[row])
        if length == self._room[row]:
            self._move(row, length + 1)
        place = int(self.start[row]) + length
        self.index[place], self.weight[place] = index, weight
        self.length[row] += 1

    def remove(self, row: int, index: int) -> None:
        """Takes the index out of the row, if it is there; the row's last takes its place."""
        indexes, weights = self.row(row)
        found = np.flatnonzero(indexes == index)
        if len(found):
            indexes[found[0]], weights[found[0]] = indexes[-1], weights[-1]
            self.length[row] -= 1

    def _make(self, row: int) -> None:
        if row >= len(self.start):
            grown = max(row + 1, 2 * len(self.start))
            self.start = _resized(self.start, grown)
            self.length = _resized(self.length, grown)
            self._room = _resized(self._room, grown)
        self._rows = max(self._rows, row + 1)

    def _move(self, row: int, needed: int) -> None:
        """Moves the row to the end, with room for half as many again."""
        if self._holes > max(_LEAST_ARRAY, self._end // 2):
            self._close_holes()
        room = max(_LEAST_ROOM, needed + needed // 2)
        if self._end + room > len(self.index):
            grown = max(self._end + room, len(self.index) + len(self.index) // 2)
            self.index, self.weight = _resized(self.index, grown), _resized(self.weight, grown)
        indexes, weights = self.row(row)
        self._holes += int(self._room[row])
        self.index[self._end : self._end + len(indexes)] = indexes
        self.weight[self._end : self._end + len(indexes)] = weights
        self.start[row], self._room[row] = self._end, room
        self._end += room

    def _close_holes(self) -> None:
        rows = self._rows
        room = self._room[:rows].astype(np.int64)
        start = np.cumsum(room) - room
        shift = np.repeat(self.start[:rows] - start, room) + np.arange(int(room.sum()))
        self.index, self.weight = self.index[shift], self.weight[shift]
        self.start[:rows] = start
        self._end, self._holes = len(shift), 0


def _resized(array: NDArray, size: int) -> NDArray:  # type: ignore[type-arg]
    grown = np.zeros(size, array.dtype)
    grown[: len(array)] = array
    return grown
