"""What became of those who earned a credential: CTDL's AggregateDataProfile and the data sets (qdata) it names.

A rate is a stated percentage, or a count over the count of those it is of, both in one profile. Earnings
count with a currency and for a year: `medianEarnings` is one by its use in CTDL, others have to say so.
"""

from collections.abc import Iterator
from typing import Any

from services.catalog.formats.notes import Find, Node
from services.catalog.formats.values import amount, whole

_YEAR = {"P1Y", "P12M", "YEAR", "ANNUAL", "ANN"}


def outcomes(node: Node, find: Find) -> list[dict[str, Any]]:
    """Employment, earnings and completion; the rest is kept aside."""
    found: list[dict[str, Any]] = []
    seen: set[str] = set()
    for profile in node.nodes("ceterms:aggregateData", find):
        common = _common(profile)
        found += _aggregate(profile, common)
        for term in ("qdata:relevantDataSet", "ceterms:relevantDataSet"):
            for data_set in profile.nodes(term, find):
                if data_set.id is None or data_set.id not in seen:
                    found += _data_set(data_set, common)
                if data_set.id:
                    seen.add(data_set.id)
    return [each for place, each in enumerate(found) if each not in found[:place]]


def _common(profile: Node) -> dict[str, Any]:
    common: dict[str, Any] = {}
    if (months := whole(profile, "ceterms:postReceiptMonths")) is not None:
        common["months"] = months
    source = profile.take("ceterms:source")
    if isinstance(source, str):
        common["source"] = source
    return common


def _aggregate(profile: Node, common: dict[str, Any]) -> Iterator[dict[str, Any]]:
    n = whole(profile, "ceterms:numberAwarded")
    for jobs in profile.nodes("ceterms:jobsObtained"):
        yield from _rate("employment", jobs, n, common)
    currency = profile.take("ceterms:currency")
    median = amount(profile, "ceterms:medianEarnings")
    if median is not None and isinstance(currency, str):
        yield {"kind": "earnings", "value": float(median), "currency": currency, **common}
    elif median is not None:
        profile.aside("says no currency", "ceterms:medianEarnings")


def _rate(
    kind: str, quantity: Node, n: int | None, common: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    percentages = [amount(quantity, term) for term in ("schema:percentage", "qdata:percentage")]
    percentage = next((each for each in percentages if each is not None), None)
    count = amount(quantity, "schema:value")
    quantity.take("schema:description")
    if percentage is not None:
        value = float(percentage) / 100
    elif count is not None and n:
        value = float(count) / n
    else:
        quantity.aside("says neither a percentage nor of how many")
        return
    if not 0 <= value <= 1:
        quantity.aside("is no share of those who earned it")
        return
    yield {"kind": kind, "value": value, **({"n": n} if n else {}), **common}


def _data_set(data_set: Node, common: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if len(data_set.data) == 1:
        data_set.notes.aside(
            data_set.pointer, "is a data set that is not in the document", data_set.id
        )
    for frame in data_set.nodes("qdata:dataSetTimePeriod"):
        for term in ("description", "startDate", "endDate", "timeInterval"):
            frame.take(f"ceterms:{term}")
        for profile in frame.nodes("qdata:dataAttributes"):
            yield from _attributes(profile, common)


def _attributes(profile: Node, common: dict[str, Any]) -> Iterator[dict[str, Any]]:
    profile.take("ceterms:description")
    holders, subjects = (
        _count(profile, f"qdata:{term}") for term in ("holdersInSet", "subjectsInSet")
    )
    if holders is not None and subjects and holders <= subjects:
        yield {"kind": "completion", "value": holders / subjects, "n": subjects, **common}
    of = holders if holders is not None else subjects
    employed = [
        quantity
        for term in ("relatedEmployment", "unrelatedEmployment")
        for quantity in profile.nodes(f"qdata:{term}")
    ]
    both = {"qdata:relatedEmployment", "qdata:unrelatedEmployment"} <= set(profile.data)
    total = sum(float(amount(quantity, "schema:value") or 0) for quantity in employed)
    if both and of and total <= of:
        yield {"kind": "employment", "value": total / of, "n": of, **common}
    else:
        for quantity in employed:
            quantity.aside("is not all employment, or says not of how many")
    for earnings in profile.nodes("qdata:earningsAmount"):
        yield from _earnings(earnings, "schema:value", of, common)
    for distribution in profile.nodes("qdata:earningsDistribution"):
        yield from _earnings(distribution, "qdata:median", of, common)


def _count(profile: Node, term: str) -> int | None:
    counts = [whole(each, "schema:value") for each in profile.nodes(term)]
    for each in profile.nodes(term):
        each.take("schema:description")
    if len(counts) != 1:
        return None
    return counts[0]


def _earnings(
    node: Node, term: str, n: int | None, common: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    value, currency = amount(node, term), node.take("schema:currency")
    period = node.take("schema:unitText") or node.take("schema:duration")
    if value is None or not isinstance(currency, str) or str(period).upper() not in _YEAR:
        node.aside("says no amount, no currency, or not that it is for a year")
        return
    counted = {"n": n} if n else {}
    yield {"kind": "earnings", "value": float(value), "currency": currency, **counted, **common}
