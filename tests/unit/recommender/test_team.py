"""A team's gap on a catalog with one obvious answer."""

from decimal import Decimal
from typing import Any

import msgspec

from libs.common.contracts.calls import Constraints, Target
from libs.common.contracts.catalog import CatalogSnapshot, Cost, RequiredSkill, TaughtSkill
from libs.common.contracts.profile import HeldSkill
from libs.common.contracts.teams import TeamGap
from libs.common.contracts.types import Money
from services.recommender.domain.ports import NoModel
from services.recommender.domain.ranking import asked
from services.recommender.domain.team import of_member, team_gap
from tests.factories.catalog import credential, occupation
from tests.unit.recommender.events import learner
from tests.unit.recommender.test_covering import finished
from tests.unit.recommender.worlds import NOW, index, state_of

ROLE = occupation(
    "role", skills=[RequiredSkill(id=each, level=0.66) for each in ("common", "missing")]
)


def teaching(id: str, skill: str, price: str, **parts: Any) -> CatalogSnapshot:
    cost = [Cost(amount=Decimal(price), currency="USD", kind="tuition")]
    taught = [TaughtSkill(id=skill, level=0.66, assessed=True)]
    return credential(id, skills=taught, cost=cost, **parts)


def of_team(
    coverage: float, *catalog: CatalogSnapshot, held: float = 0.66, size: int = 5, **limits: Any
) -> TeamGap:
    """Of five who hold `common` and not `missing`."""
    known = index(ROLE, *catalog)
    members = []
    for _ in range(size):
        state = state_of(learner(skills=[HeldSkill(id="common", level=held)]))
        constraints = of_member(Constraints(**limits), "USD")
        ask = asked(state, NoModel(), known, constraints, now=NOW, target=Target(occupation="role"))
        assert ask.goal is not None
        members.append((ask, ask.goal))
    found = finished(team_gap(members, coverage, "USD"))
    assert msgspec.json.decode(msgspec.json.encode(found), type=TeamGap) == found
    return found


def test_only_as_many_take_it_as_the_goal_needs() -> None:
    """The mean has to reach the goal: two of five take the cheaper of two equal courses, for twice its price."""
    found = of_team(
        0.55, teaching("dear", "missing", "90.00"), teaching("cheap", "missing", "20.00")
    )
    [taken] = found.credentials
    assert (taken.credential_id, taken.learners) == ("cheap", 2)
    assert taken.net_cost == found.total_cost == Money(Decimal("40.00"), "USD")
    assert found.coverage is not None
    assert found.coverage >= 0.55
    assert [len(row.takes) for row in found.members].count(1) == 2
    assert [each.mean_level for each in found.heat_map] == [0.66, 0.0]


def test_nothing_is_needed_or_nothing_helps() -> None:
    """A goal that is met, and one that no credential serves: no credentials, no costs, and where the team stands."""
    for found in (of_team(0.5, teaching("c", "missing", "9.00")), of_team(0.9)):
        assert (found.credentials, found.coverage) == ([], 0.5)
        assert found.total_cost == Money(Decimal("0.00"), "USD")


def test_each_member_keeps_to_what_they_can_do() -> None:
    """Language and delivery bind a member, their own budget and hours do not."""
    courses = [
        teaching("french", "missing", "5.00", languages=["fr"]),
        teaching("c", "missing", "9.00"),
    ]
    found = of_team(
        0.6,
        *courses,
        languages=["en"],
        max_cost=Money(Decimal("0.00"), "USD"),
        hours_per_week=1.0,
        deadline_weeks=1,
    )
    assert {each.credential_id for each in found.credentials} == {"c"}
