"""What a credential costs and takes: CostProfile, FinancialAssistanceProfile, DurationProfile, Place."""

from typing import Any, NamedTuple

from services.catalog.formats import ctdl_terms as terms
from services.catalog.formats.notes import Node, nowhere
from services.catalog.formats.values import amount, duration, region, text


def costs(node: Node) -> list[dict[str, Any]]:
    """Prices with their currency. A sum of all beside its parts would count twice: it is kept aside."""
    found = [cost for each in node.nodes("ceterms:estimatedCost") if (cost := _cost(each))]
    parts = [each for each in found if each.type != terms.AGGREGATE_COST]
    for each in found if parts else ():
        if each.type == terms.AGGREGATE_COST:
            each.profile.aside("is the sum of the other costs")
    return [each.cost for each in parts or found]


class _Cost(NamedTuple):
    type: str | None
    profile: Node
    cost: dict[str, Any]


def _cost_type(profile: Node) -> str | None:
    for each in profile.nodes("ceterms:directCostType", nowhere):
        for said in ("framework", "frameworkName", "targetNodeName"):
            each.take(f"ceterms:{said}")
        return each.word("ceterms:targetNode") or each.id
    return None


def _cost(profile: Node) -> _Cost | None:
    kind, price = _cost_type(profile), amount(profile, "ceterms:price")
    currency = profile.take("ceterms:currency")
    if price is None or not isinstance(currency, str):
        profile.aside("says no price, or not in which currency")
        return None
    named = terms.COST_KINDS.get(kind or "", "other")
    cost = {"amount": str(price), "currency": currency, "kind": named}
    return _Cost(kind, profile, cost)


def aid(node: Node) -> list[dict[str, Any]]:
    """Financial assistance by name, with its sum where one is said with a currency."""
    found = []
    for each in node.nodes("ceterms:financialAssistance"):
        name = text(each, "ceterms:name")
        if name is None:
            each.aside("has no name")
            continue
        given: dict[str, Any] = {"name": name}
        values = each.nodes("ceterms:financialAssistanceValue")
        for place, value in enumerate(values):
            number, unit = amount(value, "schema:value"), value.take("schema:unitText")
            if place or number is None or not isinstance(unit, str) or len(unit) != 3:
                value.aside("is not the one sum with its currency that is kept")
            else:
                given |= {"amount": str(number), "currency": unit}
        found.append(given)
    return found


def workload(node: Node) -> float | None:
    """Hours of work: of a profile the time required, the exact duration, or the longest, so that a plan
    does not fall short. Calendar time says no hours: it is kept aside."""
    hours: float | None = None
    for profile in node.nodes("ceterms:estimatedDuration"):
        told = _hours(profile) if hours is None else None
        if told is None:
            profile.aside("says no hours of work, or others")
        else:
            hours = told
    return hours


def _hours(profile: Node) -> float | None:
    for term in ("timeRequired", "exactDuration", "maximumDuration"):
        told = duration(profile, f"ceterms:{term}")
        if told is not None and told.in_hours is not None:
            profile.take("ceterms:description")
            return told.in_hours
    return None


def renewal_months(node: Node) -> int | None:
    """How long it lasts before it must be renewed."""
    told = duration(node, "ceterms:renewalFrequency")
    if told is not None and told.in_months is None:
        node.aside("is no number of months", "ceterms:renewalFrequency")
    return told.in_months if told is not None else None


def places(node: Node) -> list[str]:
    """The regions (ISO 3166) where it is taught; addresses finer than that are dropped, they are no value
    of ours, and a place of no region that we know is kept aside."""
    found = []
    for place in node.nodes("ceterms:availableAt"):
        code = place_code(place)
        if code is None:
            place.aside("is in no region of ISO 3166 that we know")
        else:
            found.append(code)
    return list(dict.fromkeys(found))


def place_code(place: Node) -> str | None:
    """A Place's region, else its country."""
    return region(text(place, "ceterms:addressCountry"), text(place, "ceterms:addressRegion"))
