"""What a learner's stored list, which is what they are served, says about how well they are served."""

import math
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

import numpy as np

from libs.common.contracts.catalog import Credential
from libs.common.contracts.redis_values import LearnerState, StoredList
from libs.common.rules.money import net_cost
from services.recommender.domain.catalog_index import CatalogIndex
from services.recommender.domain.fairness import Measure, Person
from services.recommender.domain.pathway import needs_of
from services.recommender.domain.ports import NoModel
from services.recommender.domain.ranking import asked
from services.recommender.domain.seeker import own_constraints
from services.recommender.domain.stacking import Stacking

INCOME = "income_band"
UNSTATED = "unstated"


class Measuring:
    """Lists of the first `k`, amounts in `currency`, with the catalog of now."""

    def __init__(self, catalog: CatalogIndex, *, k: int, currency: str, now: datetime) -> None:
        self._catalog = catalog
        self._k = k
        self._currency = currency
        self._now = now

    def person(self, state: LearnerState, stored: StoredList) -> Person:
        """`groups` are the learner's own, opt-in, and their income band if they have told it."""
        assert state.profile is not None
        profile = state.profile.profile
        listed = list(self._listed(stored))
        band = {} if profile.income_band is None else {INCOME: str(profile.income_band)}
        return Person(
            groups={**{k: v for k, v in profile.groups.items() if k != INCOME}, **band},
            feasible=bool(listed),
            measures=dict(self._measures(state, listed)) if listed else {},
            exposure=_exposure(listed),
        )

    def merit(self) -> tuple[dict[str, float], dict[str, int]]:
        """By sector the sum of the value scores of all that anyone may be recommended, and how many those are."""
        merit: defaultdict[str, float] = defaultdict(float)
        count: defaultdict[str, int] = defaultdict(int)
        values = self._catalog.values(None)
        for row in np.flatnonzero(self._catalog.recommendable(None)).tolist():
            if (credential := self._catalog.credentials[row]) is not None:
                merit[_sector(credential)] += float(values[row])
                count[_sector(credential)] += 1
        return merit, count

    def _listed(self, stored: StoredList) -> Iterator[Credential]:
        for item in stored.ranking.items[: self._k]:
            credential = self._catalog.credentials[self._catalog.row(item.credential_id)]
            if credential is not None:
                yield credential

    def _measures(
        self, state: LearnerState, listed: list[Credential]
    ) -> Iterator[tuple[Measure, float]]:
        constraints = own_constraints(state)
        rows = np.array([self._catalog.row(each.id) for each in listed], np.int64)
        values = self._catalog.values(constraints.region)[rows]
        yield "value", float(values.mean())
        hours = [each.workload_hours for each in listed if each.workload_hours is not None]
        if hours:
            yield "hours", sum(hours) / len(hours)
        costs = [net_cost(each, constraints.region, constraints.income_band) for each in listed]
        known = [
            float(cost.amount)
            for cost in costs
            if cost is not None and (cost.currency == self._currency or not cost.amount)
        ]
        if known:
            yield "net_cost", sum(known) / len(known)
        budget = constraints.max_cost
        if known and budget is not None and budget.amount and budget.currency == self._currency:
            yield "cost_burden", sum(known) / len(known) / float(budget.amount)
        if (closed := self._closed(state, rows)) is not None:
            yield "gap_closed", closed

    def _closed(self, state: LearnerState, rows: np.ndarray) -> float | None:
        """None without a goal, or when nothing is missing for it."""
        constraints = own_constraints(state)
        ask = asked(state, NoModel(), self._catalog, constraints, now=self._now)
        needs = [] if ask.goal is None else needs_of(ask.goal, ask)
        missing = sum(need.weight * (need.required - need.held) for need in needs)
        if not missing:
            return None
        quality = self._catalog.values(constraints.region)[rows]
        stacking = Stacking(needs, self._catalog, rows, quality)
        together = stacking.covered(stacking.after(stacking.nothing(), *range(len(rows))))
        return together / missing


def _exposure(listed: list[Credential]) -> dict[str, float]:
    exposure: defaultdict[str, float] = defaultdict(float)
    for rank, credential in enumerate(listed, 1):
        exposure[_sector(credential)] += 1 / math.log2(1 + rank)
    return exposure


def _sector(credential: Credential) -> str:
    return credential.issuer.sector or UNSTATED
