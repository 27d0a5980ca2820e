"""What credentials add up to: coverage by level strata, with diminishing returns (career.md, Stacking).

    f_s(S) = Σ over the strata of skill s above the held level and up to the required one of
             width · (1 - Π over c in S that teach s at or above the stratum of (1 - q_c))
    F(S) = Σ w_s · f_s(S)

A beginner badge covers beginner strata only, so ten of them never reach "advanced". F is monotone and
submodular. Sources: Bailey & Belfield, CCRC WP 97; RAND RBA207-1.
"""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from services.recommender.domain.catalog_index import CatalogIndex
from services.recommender.domain.columns import Array


class Need(Struct, frozen=True):
    """A skill to be raised from the level held to the one required, both 0 to 1; `weight` is w_s ≥ 0."""

    skill_id: str
    weight: float
    held: float
    required: float


class Stacking:
    """F over m candidates for a list of needs. A stacking's state is its residual (k,): for each
    stratum the share that nothing taken so far has taught, 1 at the beginning.

    values (k,): what teaching each stratum in full adds to F.
    rows (m,): the candidates' rows in the catalog. quality (m,): q where the skill is assessed, 0 to 1.
    """

    def __init__(
        self, needs: Sequence[Need], catalog: CatalogIndex, rows: Array, quality: Array
    ) -> None:
        self.rows = rows
        place = np.full(len(catalog), -1)
        place[rows] = np.arange(len(rows))
        values: list[Array] = []
        pairs: list[tuple[Array, Array, Array, Array]] = []
        begin = 0
        for need in needs:
            taught_by, levels = catalog.teaching.rows(need.skill_id)
            useful = (place[taught_by] >= 0) & (levels > need.held)
            reached = np.minimum(levels[useful], need.required)
            tops = np.unique(reached)
            values.append(need.weight * np.diff(tops, prepend=need.held))
            ends = begin + np.searchsorted(tops, reached) + 1
            taking = place[taught_by][useful]
            shares = quality[taking] * catalog.certainty.rows(need.skill_id)[1][useful]
            pairs.append((taking, np.full(len(ends), begin), ends, shares))
            begin += len(tops)
        self.values = np.concatenate([np.empty(0), *values])
        nobody = (np.empty(0, np.int64),) * 3 + (np.empty(0),)
        who, first, end, share = map(np.concatenate, zip(nobody, *pairs, strict=True))
        order = np.argsort(who, kind="stable")
        self._who, self._first, self._end = who[order], first[order], end[order]
        self._share = share[order]
        self._begins = np.searchsorted(self._who, np.arange(len(rows) + 1))

    def nothing(self) -> Array:
        """The residual of the empty set (k,)."""
        return np.ones(len(self.values))

    def gains(self, residual: Array) -> Array:
        """What each candidate would add to F (m,)."""
        upto = np.concatenate([[0.0], np.cumsum(self.values * residual)])
        added = self._share * (upto[self._end] - upto[self._first])
        gains: Array = np.bincount(self._who, added, len(self.rows))
        return gains

    def after(self, residual: Array, *candidates: int) -> Array:
        """The residual once these candidates (places 0 to m - 1) are taken as well (k,)."""
        left = residual.copy()
        for one in candidates:
            for pair in range(self._begins[one], self._begins[one + 1]):
                left[self._first[pair] : self._end[pair]] *= 1 - self._share[pair]
        return left

    def covered(self, residual: Array) -> float:
        """F of what led to a residual."""
        return float(self.values @ (1 - residual))

    def shares(self, candidate: int) -> Array:
        """How much of each stratum a candidate teaches, q, 0 where it does not (k,)."""
        return 1 - self.after(self.nothing(), candidate)

    def useful(self) -> Array:
        """True for the candidates that teach anything needed (m,)."""
        useful: Array = np.diff(self._begins) > 0
        return useful
