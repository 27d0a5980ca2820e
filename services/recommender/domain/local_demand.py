"""How much the occupations that a credential itself leads to are asked for in a region.

    D(occupation) = ln(1 + postings) / ln(1 + the most postings of any occupation in the region)
    demand(c) = Σ share · D / Σ share      over the occupations of c that the region has a record of

share: one part in as many as the occupations that c leads to. What no record speaks of is 0.5, in the middle,
so that the unknown is neither favoured nor punished.
"""

import math

import numpy as np

from libs.common.contracts.catalog import Demand
from services.recommender.domain.columns import Array, Postings

UNKNOWN = 0.5


class LocalDemand:
    """`put` every snapshot, in any order. `leading_to`: occupation → credential rows, each with its share."""

    def __init__(self, leading_to: Postings) -> None:
        self._leading_to = leading_to
        self._regions: dict[str, dict[str, Demand]] = {}
        self._columns: dict[str, tuple[int, Array]] = {}

    def put(self, snapshot: Demand) -> bool:
        """Takes over a record; whether it was news."""
        region = self._regions.setdefault(snapshot.region, {})
        known = region.get(snapshot.occupation)
        if known is not None and known.revision >= snapshot.revision:
            return False
        region[snapshot.occupation] = snapshot
        return True

    def of_credentials(self, region: str | None, version: int, rows: int) -> Array:
        """For each of the first `rows` rows its demand, 0 to 1, in a region (ISO 3166-1 or -2), else in its
        country when the region has no record at all (rows,). `version` rises when anything here or in the
        catalog has changed."""
        place = self._place(region)
        if place is None:
            return np.full(rows, UNKNOWN)
        cached = self._columns.get(place)
        if cached is None or cached[0] != version or len(cached[1]) != rows:
            cached = self._columns[place] = version, self._column(self._regions[place], rows)
        return cached[1]

    def _place(self, region: str | None) -> str | None:
        if region is None:
            return None
        return next((p for p in (region, region.split("-", 1)[0]) if p in self._regions), None)

    def _column(self, records: dict[str, Demand], rows: int) -> Array:
        most = math.log1p(max(each.postings for each in records.values())) or 1.0
        asked, known = np.zeros(rows), np.zeros(rows)
        for occupation_id, record in records.items():
            leading, shares = self._leading_to.rows(occupation_id)
            asked[leading] += shares * (math.log1p(record.postings) / most)
            known[leading] += shares
        column: Array = np.divide(asked, known, out=np.full(rows, UNKNOWN), where=known > 0)
        return column
