"""When nothing is feasible: the smallest change of the constraints that lets something in."""

import math
from collections.abc import Callable, Iterable
from decimal import Decimal
from itertools import combinations
from typing import Any, get_args

import numpy as np

from libs.common.contracts.calls import Constraints
from libs.common.contracts.redis_values import ListRelaxation
from libs.common.contracts.types import Delivery
from libs.common.rules.eligibility import Constraint
from services.recommender.domain.catalog_index import CatalogIndex
from services.recommender.domain.columns import Array
from services.recommender.domain.fit import base


def smallest(
    catalog: CatalogIndex, constraints: Constraints, candidates: Array
) -> list[ListRelaxation]:
    """One relaxation per way out with as few constraints changed as possible, the most admitting first.

    `candidates` is True for what would be feasible without constraints (n,). Where one constraint
    suffices, each that does is named; otherwise the set of constraints that must give way together.
    """
    checks = catalog.fit.checks(constraints, len(catalog))
    for size in range(1, len(checks) + 1):
        found = [
            relaxations
            for broken in combinations(checks, size)
            if (relaxations := _relax(catalog, constraints, checks, broken, candidates))
        ]
        found.sort(key=lambda relaxations: -relaxations[0].admits)
        if found:
            return [r for relaxations in found for r in relaxations] if size == 1 else found[0]
    return []


def _relax(
    catalog: CatalogIndex,
    constraints: Constraints,
    checks: dict[Constraint, Array],
    broken: Iterable[Constraint],
    candidates: Array,
) -> list[ListRelaxation]:
    kept = [check for name, check in checks.items() if name not in broken]
    left = np.logical_and.reduce([candidates, *kept])
    if not left.any():
        return []
    changes: dict[Constraint, Any] = {}
    for name in broken:
        changes[name], admitted = NEEDS[name](catalog, constraints, np.flatnonzero(left))
        left = np.isin(np.arange(len(left)), admitted)
    return [ListRelaxation(name, to, int(left.sum())) for name, to in changes.items()]


MOST_WEEKS = 10_000
Need = Callable[[CatalogIndex, Constraints, Array], tuple[Any, Array]]


def _cost(catalog: CatalogIndex, constraints: Constraints, rows: Array) -> tuple[Any, Array]:
    """The lowest net cost in the learner's currency; None where no cost is known in it."""
    assert constraints.max_cost is not None
    currency = constraints.max_cost.currency
    net = catalog.fit.net_cents(constraints, len(catalog))[rows]
    priced = (net >= 0) & catalog.fit.in_currency(currency, len(catalog))[rows]
    if not priced.any():
        return None, rows
    lowest = int(net[priced].min())
    to = {"amount": f"{Decimal(lowest) / 100:.2f}", "currency": currency}
    return to, rows[priced & (net == lowest)]


def _max_hours(catalog: CatalogIndex, _: Constraints, rows: Array) -> tuple[Any, Array]:
    """The shortest workload; None where none is known."""
    hours = catalog.fit.hours.first(len(catalog))[rows]
    if np.isnan(hours).all():
        return None, rows
    shortest = float(np.nanmin(hours))
    return shortest, rows[hours == shortest]


def _time(catalog: CatalogIndex, constraints: Constraints, rows: Array) -> tuple[Any, Array]:
    """The fewest weeks at the learner's hours per week; None where hours are unknown or zero."""
    hours = catalog.fit.hours.first(len(catalog))[rows]
    if np.isnan(hours).all() or not constraints.hours_per_week:
        return None, rows
    least = float(np.nanmin(hours)) / constraints.hours_per_week
    if least > MOST_WEEKS:
        return None, rows
    weeks = math.ceil(least)
    return weeks, rows[hours <= weeks * constraints.hours_per_week]


def _delivery(catalog: CatalogIndex, constraints: Constraints, rows: Array) -> tuple[Any, Array]:
    """The learner's ways of delivery and the one more that admits most."""
    offers = {
        way: [row for row in rows if way in _offered(catalog, row)] for way in get_args(Delivery)
    }
    return _one_more(list(constraints.delivery), offers, rows)


def _languages(catalog: CatalogIndex, constraints: Constraints, rows: Array) -> tuple[Any, Array]:
    """The learner's languages and the one more that admits most."""
    offers: dict[str, list[int]] = {}
    for row in rows:
        credential = catalog.credentials[row]
        for language in {base(each) for each in credential.languages} if credential else ():
            offers.setdefault(language, []).append(row)
    return _one_more(list(constraints.languages), offers, rows)


def _region(_: CatalogIndex, __: Constraints, rows: Array) -> tuple[Any, Array]:
    return None, rows


def _one_more(
    own: list[Any], offers: dict[Any, list[int]], rows: Array
) -> tuple[list[Any] | None, Array]:
    if not any(offers.values()):
        return None, rows
    best = max(sorted(offers), key=lambda each: len(offers[each]))
    return [*own, best], np.array(offers[best], np.int64)


def _offered(catalog: CatalogIndex, row: int) -> list[Delivery]:
    credential = catalog.credentials[row]
    return credential.delivery if credential is not None else []


NEEDS: dict[Constraint, Need] = {
    "max_cost": _cost,
    "max_hours": _max_hours,
    "time": _time,
    "delivery": _delivery,
    "languages": _languages,
    "region": _region,
}
