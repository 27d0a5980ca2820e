"""Hard constraints over all credentials at once; `libs.common.rules.eligibility` says what each means.

Amounts are whole cents. Unknown is -1 for money and NaN for hours, and fails whoever asks for it.
"""

from decimal import ROUND_FLOOR, Decimal
from typing import get_args

import numpy as np

from libs.common.contracts.calls import Constraints
from libs.common.contracts.catalog import Credential
from libs.common.contracts.types import Delivery, Money
from libs.common.rules.eligibility import Constraint, hours_available
from libs.common.rules.money import covers, in_one_currency, net_cost
from services.recommender.domain.columns import Array, Column, Derived

UNKNOWN = -1
DELIVERIES: dict[Delivery, int] = {name: 1 << bit for bit, name in enumerate(get_args(Delivery))}
Who = tuple[str | None, str | None]


class Fit:
    """Columns of what constraints ask for, by row."""

    def __init__(self) -> None:
        self.hours = Column(np.float64, np.nan)
        self._delivery = Column(np.uint8, 0)
        self._net: Derived[Who] = Derived(Column(np.int64, UNKNOWN), _net_cents)
        self._near: Derived[str] = Derived(Column(np.bool_, fill=False), _near)
        self._currency = Column(np.int32, UNKNOWN)
        self._currencies: dict[str, int] = {}
        self._languages: dict[str, Column] = {}

    def put(self, row: int, credential: Credential) -> None:
        """Takes over what a credential offers."""
        hours = credential.workload_hours
        self.hours.put(row, np.nan if hours is None else hours)
        self._delivery.put(row, sum(DELIVERIES[each] for each in set(credential.delivery)))
        self._near.put(row, credential, value=False, special=bool(credential.places))
        self._put_cost(row, credential)
        spoken = {base(language) for language in credential.languages}
        for language in spoken:
            self._languages.setdefault(language, Column(np.bool_, fill=False))
        for language, column in self._languages.items():
            column.put(row, language in spoken)

    def checks(self, constraints: Constraints, rows: int) -> dict[Constraint, Array]:
        """For each constraint that was given, True where a credential fits it (rows,)."""
        given: dict[Constraint, Array] = {}
        if constraints.max_cost is not None:
            given["max_cost"] = self._affordable(constraints, constraints.max_cost, rows)
        hours = self.hours.first(rows)
        if constraints.max_hours is not None:
            given["max_hours"] = hours <= constraints.max_hours
        available = hours_available(constraints)
        if available is not None:
            given["time"] = hours <= available
        if constraints.delivery:
            given["delivery"] = (self._delivery.first(rows) & _bits(constraints.delivery)) != 0
        if constraints.languages:
            given["languages"] = self._spoken(constraints.languages, rows)
        if constraints.region is not None:
            given["region"] = self._reachable(constraints, constraints.region, rows)
        return given

    def net_cents(self, constraints: Constraints, rows: int) -> Array:
        """Net cost after aid in cents of the credential's own currency, -1 unknown (rows,)."""
        return self._net.column((constraints.region, constraints.income_band), rows)

    def in_currency(self, currency: str, rows: int) -> Array:
        """True where the cost is in this currency (rows,)."""
        same: Array = self._currency.first(rows) == self._currencies.get(currency, UNKNOWN - 1)
        return same

    def _put_cost(self, row: int, credential: Credential) -> None:
        cost = net_cost(credential, None, None)
        conditional = any(offer.regions or offer.income_bands for offer in credential.aid)
        known = _cents(cost) if in_one_currency(credential) else UNKNOWN
        self._net.put(row, credential, known, special=conditional)
        if cost is None:
            self._currency.put(row, UNKNOWN)
        else:
            number = self._currencies.setdefault(cost.currency, len(self._currencies))
            self._currency.put(row, number)

    def _affordable(self, constraints: Constraints, limit: Money, rows: int) -> Array:
        net = self.net_cents(constraints, rows)
        within = (net >= 0) & (net <= cents(limit.amount)) & self.in_currency(limit.currency, rows)
        fits: Array = within | (net == 0)
        return fits

    def _spoken(self, languages: list[str], rows: int) -> Array:
        spoken = np.zeros(rows, np.bool_)
        for language in {base(each) for each in languages}:
            if (column := self._languages.get(language)) is not None:
                spoken |= column.first(rows)
        return spoken

    def _reachable(self, constraints: Constraints, region: str, rows: int) -> Array:
        near = self._near.column(region, rows)
        if constraints.delivery and "online" not in constraints.delivery:
            return near
        online: Array = (self._delivery.first(rows) & DELIVERIES["online"]) != 0
        return near | online


def base(language: str) -> str:
    """The language without its region: `en` of `en-GB`."""
    return language.split("-", 1)[0].lower()


def cents(amount: Decimal) -> int:
    """Whole cents, rounded down, so that a limit of 9.999 does not admit 10.00."""
    return int((amount * 100).to_integral_value(ROUND_FLOOR))


def _cents(cost: Money | None) -> int:
    return UNKNOWN if cost is None else cents(cost.amount)


def _net_cents(credential: Credential, who: Who) -> int:
    return _cents(net_cost(credential, *who)) if in_one_currency(credential) else UNKNOWN


def _near(credential: Credential, region: str) -> bool:
    return any(covers(place, region) or covers(region, place) for place in credential.places)


def _bits(delivery: list[Delivery]) -> int:
    return sum(DELIVERIES[each] for each in set(delivery))
