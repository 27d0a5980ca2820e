"""Paths on catalogs with one obvious right answer."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from libs.common.contracts.calls import Constraints
from libs.common.contracts.career import Pathway
from libs.common.contracts.catalog import (
    CatalogSnapshot,
    Cost,
    Prerequisite,
    RequiredSkill,
    TaughtSkill,
)
from libs.common.contracts.types import LEVELS, Money
from services.recommender.domain.pathway import pathway
from services.recommender.domain.ports import NoModel
from services.recommender.domain.ranking import asked
from tests.factories.catalog import credential, occupation
from tests.unit.recommender.events import interaction, learner
from tests.unit.recommender.worlds import NOW, index, state_of

ANYTHING = Constraints()
JOB = occupation("job", skills=[RequiredSkill(id=each, level=1.0) for each in ("a", "b")])


def teaching(id: str, level: float = 1.0, skill: str = "a", **parts: Any) -> CatalogSnapshot:
    """A credential that teaches one skill, assessed."""
    return credential(id, skills=[TaughtSkill(id=skill, level=level, assessed=True)], **parts)


def path(*catalog: CatalogSnapshot, limits: Constraints = ANYTHING, **options: Any) -> Pathway:
    """The path of someone new to the job."""
    state = state_of(learner(target_occupation="job"), *options.pop("events", ()))
    ask = asked(state, NoModel(), index(JOB, *catalog), limits, now=NOW)
    assert ask.goal is not None
    found = pathway(ask, ask.goal, **options)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Pathway) == found
    return found


def ids(found: Pathway) -> list[str]:
    """The ids of its steps."""
    return [step.credential_id for step in found.steps]


@pytest.mark.parametrize("count", [3, 30])
def test_what_is_needed_first_comes_first(count: int) -> None:
    """An advanced course brings the one that it asks for, by exact and by greedy choice; not what is held."""
    others = [teaching(f"other-{n}", 0.33, f"else-{n}") for n in range(count)]
    first = teaching("first", 0.33)
    second = teaching("second", prerequisites=[Prerequisite(credential="first")])
    found = path(first, second, *others)
    assert ids(found) == ["first", "second"]
    assert [reason.code for reason in found.steps[1].reasons][:2] == [
        "closes_skill_gap",
        "builds_on",
    ]
    done = interaction("first", "complete")
    assert ids(path(first, second, *others, events=[done])) == ["second"]


def test_a_skill_that_is_asked_for_can_be_earned_on_the_way() -> None:
    """A prerequisite may be a skill; whatever teaches it enough will do."""
    needy = teaching("needy", prerequisites=[Prerequisite(skill="b", level=LEVELS["beginner"])])
    found = path(needy, teaching("way", 0.66, "b"))
    assert ids(found) == ["way", "needy"]
    assert ids(path(needy)) == []


def test_what_does_not_fit_is_no_step() -> None:
    """Cost, hours, language: nothing infeasible is a step."""
    dear = Constraints(max_cost=Money(Decimal("10.00"), "USD"))
    found = path(teaching("a"), limits=Constraints(languages=["fr"]))
    assert (ids(found), found.stopped_because) == ([], "nothing_feasible")
    assert [each.constraint for each in found.relaxations] == ["languages"]
    assert ids(path(teaching("a"), limits=dear)) == []


def test_a_goal_without_skill_data_has_no_path() -> None:
    """Nothing is invented."""
    state = state_of(learner(target_occupation="empty"))
    catalog = index(occupation("empty", skills=[]), teaching("a"))
    ask = asked(state, NoModel(), catalog, ANYTHING, now=NOW)
    assert ask.goal is not None
    found = pathway(ask, ask.goal)
    assert (found.status, found.coverage, found.steps) == ("no_skill_data", None, [])


@pytest.mark.parametrize("others", [0, 20])
def test_credentials_that_need_each_other_are_no_path(others: int) -> None:
    """A circle of prerequisites is no step, by exact and by greedy choice; nor is it money, time or anything to relax that
    stands in the way."""
    circle = [
        teaching("one", prerequisites=[Prerequisite(credential="two")]),
        teaching("two", prerequisites=[Prerequisite(skill="a", level=1.0)]),
    ]
    rest = [teaching(f"other-{n}", 0.33, f"else-{n}") for n in range(others)]
    limits = Constraints(max_cost=Money(Decimal("1000000.00"), "USD"))
    found = path(*circle, *rest, limits=limits)
    assert (ids(found), found.stopped_because, found.relaxations) == ([], "nothing_feasible", [])


def test_of_several_ways_the_cheapest_is_taken() -> None:
    """With many candidates too: what a credential asks for is met by the cheapest that teaches it, and by nothing more."""

    def priced(price: str) -> list[Cost]:
        return [Cost(amount=Decimal(price), currency="USD", kind="tuition")]

    needy = teaching("needy", prerequisites=[Prerequisite(skill="way", level=0.66)])
    ways = [
        teaching("a-dear", 0.66, "way", cost=priced("900.00")),
        teaching("b-cheap", 0.66, "way", cost=priced("10.00")),
    ]
    junk = [teaching(f"junk-{n}", 0.05, "a", cost=priced("1.00")) for n in range(20)]
    found = path(needy, *ways, *junk, limits=Constraints(max_cost=Money(Decimal("80.00"), "USD")))
    assert {"needy", "b-cheap"} <= set(ids(found))
    assert "a-dear" not in ids(found)


def test_a_hair_of_an_hour_a_week_is_no_plan() -> None:
    """So little time that no calendar holds the weeks: they are not told, and nothing breaks."""
    found = path(teaching("course"), limits=Constraints(hours_per_week=1e-320))
    assert (ids(found), found.weeks) == (["course"], None)
