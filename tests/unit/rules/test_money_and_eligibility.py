from decimal import Decimal

import pytest

from libs.common.contracts.calls import Constraints
from libs.common.contracts.catalog import Aid, Cost, Prerequisite
from libs.common.contracts.types import Money
from libs.common.rules.eligibility import broken, missing_prerequisites, recommendable
from libs.common.rules.money import net_cost, price
from tests.factories.catalog import credential


def dollars(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="USD")


def cost(amount: str, currency: str = "USD", *, mandatory: bool = True) -> Cost:
    return Cost(amount=Decimal(amount), currency=currency, kind="tuition", mandatory=mandatory)


def test_price_sums_mandatory_parts_in_the_first_currency() -> None:
    """Optional parts and parts in another currency are not in the price."""
    parts = [cost("40"), cost("9.50"), cost("5", mandatory=False), cost("7", "EUR")]
    assert price(credential(cost=parts)) == dollars("49.50")


def test_unknown_cost_is_not_free() -> None:
    """No cost data is None, while only optional parts is zero."""
    assert price(credential(cost=[])) is None
    assert price(credential(cost=[cost("5", mandatory=False)])) == dollars("0.00")


@pytest.mark.parametrize(
    ("aid", "region", "band", "left"),
    [
        (Aid(name="grant", amount=Decimal(20), currency="USD"), None, None, "29.00"),
        (Aid(name="grant", amount=Decimal(200), currency="USD"), None, None, "0.00"),
        (Aid(name="grant"), None, None, "49.00"),
        (Aid(name="grant", amount=Decimal(20), currency="EUR"), None, None, "49.00"),
        (Aid(name="grant", amount=Decimal(20), regions=["US"]), "US-CA", None, "29.00"),
        (Aid(name="grant", amount=Decimal(20), regions=["US-CA"]), "US", None, "49.00"),
        (Aid(name="grant", amount=Decimal(20), regions=["US"]), "USA", None, "49.00"),
        (Aid(name="grant", amount=Decimal(20), income_bands=["low"]), None, "low", "29.00"),
        (Aid(name="grant", amount=Decimal(20), income_bands=["low"]), None, None, "49.00"),
    ],
)
def test_net_cost_counts_only_aid_this_learner_may_have(
    aid: Aid, region: str | None, band: str | None, left: str
) -> None:
    """Aid lowers the cost to zero at most, where region, income band and currency fit."""
    assert net_cost(credential(aid=[aid]), region, band) == dollars(left)


@pytest.mark.parametrize(
    ("parts", "constraints", "names"),
    [
        ({}, Constraints(), []),
        ({}, Constraints(max_cost=dollars("49")), []),
        ({}, Constraints(max_cost=dollars("48.99")), ["max_cost"]),
        ({"cost": []}, Constraints(max_cost=dollars("999")), ["max_cost"]),
        ({"cost": [cost("1", "EUR")]}, Constraints(max_cost=dollars("999")), ["max_cost"]),
        ({"cost": [cost("0", "EUR")]}, Constraints(max_cost=dollars("0")), []),
        ({}, Constraints(max_hours=29), ["max_hours"]),
        ({"workload_hours": None}, Constraints(max_hours=29), ["max_hours"]),
        ({}, Constraints(hours_per_week=5, deadline_weeks=6), []),
        ({}, Constraints(hours_per_week=5, deadline_weeks=5), ["time"]),
        ({}, Constraints(hours_per_week=5), []),
        ({}, Constraints(delivery=["in_person"]), ["delivery"]),
        ({}, Constraints(languages=["es"]), ["languages"]),
        ({"languages": ["en-GB"]}, Constraints(languages=["en"]), []),
        ({}, Constraints(region="US-CA"), []),
        ({"delivery": ["in_person"]}, Constraints(region="US-CA"), ["region"]),
        ({"delivery": ["in_person"], "places": ["US"]}, Constraints(region="US-CA"), []),
        ({"delivery": ["in_person"], "places": ["US-NY"]}, Constraints(region="US-CA"), ["region"]),
        (
            {"delivery": ["online", "in_person"], "places": ["US-NY"]},
            Constraints(region="US-CA", delivery=["in_person"]),
            ["region"],
        ),
    ],
)
def test_broken_names_each_constraint_that_does_not_fit(
    parts: dict[str, object], constraints: Constraints, names: list[str]
) -> None:
    """What is unknown fails the constraint that asks for it; online fits every region."""
    assert broken(credential(**parts), constraints) == names


def test_prerequisites_are_met_by_what_is_held() -> None:
    """A credential by its id, a skill from its level up, unstated from 0.66."""
    wanted = [
        Prerequisite(credential="a"),
        Prerequisite(skill="s", level=0.5),
        Prerequisite(skill="t"),
    ]
    needy = credential(prerequisites=wanted)
    assert missing_prerequisites(needy, {"a"}, {"s": 0.5, "t": 0.66}) == []
    assert missing_prerequisites(needy, set(), {"s": 0.4, "t": 0.5}) == wanted


def test_only_the_audience_is_recommended_to() -> None:
    """Retired and suspended credentials are never recommended, private ones to their partners only."""
    assert recommendable(credential(status="ceasing"), None)
    assert not recommendable(credential(status="deprecated"), "p")
    assert not recommendable(credential(status="suspended"), "p")
    assert recommendable(credential(audience=["p"]), "p")
    assert not recommendable(credential(audience=["p"]), None)
