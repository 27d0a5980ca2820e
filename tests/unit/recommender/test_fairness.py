"""Who is served how well, without telling anything of a small group."""

import math
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from libs.common.contracts.calls import Constraints
from libs.common.contracts.canary import CANARY_PARTNER
from libs.common.contracts.catalog import Issuer, RequiredSkill, TaughtSkill
from libs.common.contracts.profile import Budget
from services.recommender.domain import fairness as module
from services.recommender.domain.fairness import LEAST, Fairness, FairnessReport, Person
from services.recommender.domain.ports import NoModel
from services.recommender.fairness.making import counted
from services.recommender.fairness.measuring import Measuring
from services.recommender.listing import Listing
from tests.factories.catalog import credential, occupation
from tests.unit.recommender.events import learner
from tests.unit.recommender.worlds import NOW, index, state_of


def person(groups: dict[str, str], cost: float | None = 1.0, *, feasible: bool = True) -> Person:
    measures = {} if cost is None else {"net_cost": cost}
    return Person(groups=groups, feasible=feasible, measures=measures, exposure={"public": 1.0})


def report_of(people: list[Person]) -> FairnessReport:
    fairness = Fairness()
    for each in people:
        fairness.add(each)
    merit, count = {"public": 3.0, "nonprofit": 1.0}, {"public": 3, "nonprofit": 1}
    return fairness.report(merit, count, k=10, currency="USD", now=0)


def test_means_of_groups_and_the_gap_between_them() -> None:
    """Thirty who pay 10 and forty who pay 30: each mean is told, everyone's too, and how far they are apart."""
    report = report_of([person({"g": "a"}, 10)] * 30 + [person({"g": "b"}, 30)] * 40)
    means = {each.group: each.measures["net_cost"] for each in report.groups}
    assert means == {"a": 10, "b": 30}
    assert report.everyone.measures["net_cost"] == pytest.approx(1500 / 70, abs=1e-3)
    [gap] = [each for each in report.gaps if each.measure == "net_cost"]
    assert (gap.lowest, gap.highest, gap.difference) == ("a", "b", 20)


def test_what_few_have_is_not_told_of_many() -> None:
    """A measure that only 29 of a group have is left out, because its mean would be theirs alone."""
    people = [person({"g": "a"}, 10)] * 29 + [person({"g": "a"}, None)] * 60
    [group] = report_of(people).groups
    assert group.learners == 89
    assert group.measures["net_cost"] is None


def test_exposure_is_set_against_merit() -> None:
    """Public issuers have all the exposure and three quarters of the merit; nothing is told of a handful of learners."""
    assert report_of([person({})]).sectors == []
    sectors = {each.sector: each for each in report_of([person({})] * LEAST).sectors}
    assert (sectors["public"].exposure, sectors["public"].merit) == (1.0, 0.75)
    assert sectors["public"].ratio == pytest.approx(4 / 3, abs=1e-4)
    assert sectors["nonprofit"].ratio == 0


SIZES = st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 70), max_size=5)


@given(SIZES, st.integers(0, 40), st.randoms(use_true_random=False))
def test_nothing_of_a_small_group_is_told_or_follows(
    sizes: dict[str, int], silent: int, draw
) -> None:
    """No group under 30 has a figure, and what all the others leave of everyone is nobody or at least 30; whatever the
    order in which people come."""
    people = [person({"g": group}) for group, size in sizes.items() for _ in range(size)]
    people += [person({})] * silent
    report = report_of(people)
    told = {each.group: each.learners for each in report.groups if each.learners is not None}
    assert all(sizes[group] == told[group] >= LEAST for group in told)
    rest = len(people) - sum(told.values())
    assert not told or rest == 0 or rest >= LEAST
    for each in report.groups:
        if each.group not in told:
            assert each.feasible is None
            assert set(each.measures.values()) == {None}
    draw.shuffle(people)
    assert report_of(people) == report


COUNTS = st.dictionaries(
    st.sampled_from("abcd"), st.tuples(st.integers(0, 70), st.integers(0, 40)), max_size=4
)


@given(COUNTS)
@example({"a": (40, 0), "b": (29, 11)})
def test_no_mean_of_few_follows_from_the_others(counts: dict[str, tuple[int, int]]) -> None:
    """Of those who have a measure, all but the groups whose mean is told are nobody or at least 30: how many have one can
    be known, as all have a value who have a list, and then the mean of the rest could be computed."""
    people = [
        person({"g": group}, cost)
        for group, sizes in counts.items()
        for cost, size in zip((1.0, None), sizes, strict=True)
        for _ in range(size)
    ]
    groups = report_of(people).groups
    told = [each.group for each in groups if each.measures["net_cost"] is not None]
    assert all(counts[group][0] >= LEAST for group in told)
    rest = sum(having for having, _ in counts.values()) - sum(counts[group][0] for group in told)
    assert not told or rest == 0 or rest >= LEAST


def test_groups_that_are_free_text_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory stays bounded: more groups than any real axis has are an error."""
    monkeypatch.setattr(module, "MOST_GROUPS", 3)
    with pytest.raises(module.TooManyGroups):
        report_of([person({"name": str(n)}) for n in range(5)])


def test_a_list_is_measured() -> None:
    """Cost after aid, hours, value, what the list closes of the gap, its burden on the budget, exposure by rank."""
    taught = [TaughtSkill(id="a", level=1.0, assessed=True)]
    public, private = (Issuer(id=s, name=s, sector=s) for s in ("public", "for_profit"))
    catalog = index(
        occupation("job", skills=[RequiredSkill(id="a", level=1.0)]),
        credential("best", skills=taught, issuer=public),
        credential("free", skills=[], cost=[], issuer=private),
    )
    state = state_of(
        learner(
            target_occupation="job",
            budget=Budget(amount=Decimal("98.00")),
            income_band="low",
            groups={"gender": "woman"},
        )
    )
    stored = Listing(catalog, NoModel, lambda: 1, lambda: NOW).asked(state, Constraints())
    found = Measuring(catalog, k=10, currency="USD", now=NOW).person(state, stored)
    assert found.groups == {"gender": "woman", "income_band": "low"}
    value = catalog.values(None)
    assert found.measures["net_cost"] == 49
    assert found.measures["cost_burden"] == 0.5
    assert found.measures["hours"] == 30
    assert found.measures["value"] == pytest.approx(float(value.mean()))
    assert found.measures["gap_closed"] == pytest.approx(float(value[catalog.row("best")]))
    assert found.exposure == {"public": 1.0, "for_profit": pytest.approx(1 / math.log2(3))}


def test_the_canary_is_nobody() -> None:
    """The freshness canary's learners are in no report; another partner's with consent are, without it they are not."""
    state = replace(state_of(learner()), partner_id="jobs")
    assert counted(state)
    assert not counted(replace(state, partner_id=CANARY_PARTNER))
    assert not counted(replace(state, consented=False))
