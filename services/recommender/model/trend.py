"""Forward-decayed counts (Cormode et al. 2009): a count that halves every half-life, without rescaling.

An interaction of weight w at time t adds w · exp(λ(t − landmark)); the count at `now` is the sum divided
by exp(λ(now − landmark)). The logarithm of the sum, taken at landmark 0 (the Unix epoch), is what
travels and is stored: it never changes because time passes, so only what moved is streamed.
"""

import math

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
NOTHING = -1e300
"""Stands for no interactions at all: less than any count's logarithm; finite, so that JSON has it."""


def decay_rate(half_life_hours: float) -> float:
    """λ per millisecond."""
    return math.log(2) / (half_life_hours * 3_600_000)


def counts(logs: Doubles, now_ms: int, half_life_hours: float) -> Doubles:
    """Decayed counts at `now_ms` from their logarithms at landmark 0; both of shape (n,)."""
    return np.exp(logs - decay_rate(half_life_hours) * now_ms)


class TrendSums:
    """Running decayed sums by row, from which a changed learner's old terms can be taken away again.

    The sums are kept relative to a landmark near the newest event, so that subtraction stays exact
    to double precision; what is left of a row after all its terms were taken away is rounding and
    counts as nothing.
    """

    _REBASE = 1.0
    _ROUNDING = 1e-9

    def __init__(self, half_life_hours: float) -> None:
        self._rate = decay_rate(half_life_hours)
        self._landmark = 0
        self._sums: Doubles = np.zeros(0)
        self._logs: Doubles = np.zeros(0)

    def add(self, rows: NDArray[np.int64], weights: Doubles, times_ms: NDArray[np.int64]) -> None:
        """Adds weight · decay(time) to each row; negative weights take away. All of shape (n,)."""
        if not len(rows):
            return
        self._grow(int(rows.max()) + 1)
        self._rebase(int(times_ms.max()))
        terms = weights * np.exp(self._rate * (times_ms - self._landmark))
        np.add.at(self._sums, rows, terms)
        sums = self._sums[rows]
        counted = sums > self._ROUNDING
        logs = np.log(sums, where=counted, out=np.full(len(rows), NOTHING))
        logs[counted] += self._rate * self._landmark
        self._logs[rows] = logs

    def logs(self, rows: int) -> Doubles:
        """The logarithm of the first `rows` rows' sums at landmark 0; `NOTHING` where nothing counts."""
        self._grow(rows)
        return self._logs[:rows].copy()

    def _grow(self, rows: int) -> None:
        more = max(rows, 2 * len(self._sums)) - len(self._sums)
        if rows > len(self._sums):
            self._sums = np.append(self._sums, np.zeros(more))
            self._logs = np.append(self._logs, np.full(more, NOTHING))

    def _rebase(self, newest_ms: int) -> None:
        """Moves the landmark when the newest term would outgrow the others' precision."""
        if self._rate * (newest_ms - self._landmark) > self._REBASE:
            self._sums *= math.exp(self._rate * (self._landmark - newest_ms))
            self._landmark = newest_ms
