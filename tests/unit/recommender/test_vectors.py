"""What ranking computes for all credentials at once is what `libs.common.rules` says of each."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from libs.common.contracts.calls import Constraints
from libs.common.contracts.catalog import Aid, Cost, Credential, Prerequisite, TaughtSkill
from libs.common.contracts.types import Money
from libs.common.rules import eligibility, money, value
from services.recommender.domain.catalog_index import CatalogIndex
from services.recommender.domain.fusion import top
from tests.factories.catalog import assertion, credential
from tests.unit.recommender.events import at
from tests.unit.recommender.worlds import NOW

REGIONS = ["US", "US-CA", "US-NY", "DE", "DE-BE"]
some_regions = st.lists(st.sampled_from(REGIONS), max_size=2)
deliveries = st.lists(st.sampled_from(["online", "in_person", "blended"]), max_size=2)
languages = st.lists(st.sampled_from(["en", "en-GB", "de", "pt-BR"]), max_size=2)
amounts = st.decimals(0, 100, places=2)
costs = st.builds(
    Cost,
    amount=amounts,
    currency=st.sampled_from(["USD", "EUR"]),
    kind=st.just("tuition"),
    mandatory=st.booleans(),
)
aids = st.builds(
    Aid,
    name=st.just("aid"),
    amount=st.none() | amounts,
    currency=st.sampled_from([None, "USD", "EUR"]),
    regions=some_regions,
    income_bands=st.lists(st.sampled_from(["low", "high"]), max_size=1),
)
prerequisites = st.builds(
    Prerequisite, credential=st.sampled_from(["c0", "c1", "gone"])
) | st.builds(Prerequisite, skill=st.sampled_from(["s0", "s1"]), level=st.none() | st.floats(0, 1))
assertions = st.builds(
    assertion,
    agent=st.sampled_from(["A", "B"]),
    kind=st.sampled_from(["accredits", "recognizes"]),
    jurisdiction=st.none() | st.sampled_from(REGIONS),
    evidence_url=st.sampled_from([None, "https://evidence.example"]),
)
shapes = st.fixed_dictionaries(
    {
        "cost": st.lists(costs, max_size=2),
        "aid": st.lists(aids, max_size=2),
        "workload_hours": st.none() | st.floats(0, 100),
        "delivery": deliveries,
        "languages": languages,
        "places": some_regions,
        "prerequisites": st.lists(prerequisites, max_size=2),
        "assertions": st.lists(assertions, max_size=2),
        "skills": st.lists(st.builds(TaughtSkill, id=st.sampled_from(["s0", "s1"])), max_size=1),
        "status": st.sampled_from(["active", "ceasing", "suspended"]),
        "audience": st.lists(st.sampled_from(["p1", "p2"]), max_size=1),
    }
)
constraints = st.builds(
    Constraints,
    max_cost=st.none()
    | st.builds(Money, st.decimals(0, 100, places=3), st.sampled_from(["USD", "EUR"])),
    max_hours=st.none() | st.floats(0, 100),
    hours_per_week=st.none() | st.floats(0, 10),
    deadline_weeks=st.none() | st.integers(0, 10),
    delivery=deliveries,
    languages=languages,
    region=st.none() | st.sampled_from(REGIONS),
    income_band=st.sampled_from([None, "low", "high"]),
)


def grown(shapes: list[dict], asked: list[Constraints]) -> tuple[CatalogIndex, list[Credential]]:
    """An index in which every credential had another shape before, and was asked about meanwhile."""
    catalog = CatalogIndex()
    first = [credential(f"c{i}", **shape) for i, shape in enumerate(reversed(shapes))]
    last = [credential(f"c{i}", revision=2, **shape) for i, shape in enumerate(shapes)]
    for each in first:
        catalog.put(each, NOW)
    for every in asked:
        catalog.fit.checks(every, len(catalog))
        catalog.values(every.region)
    for each in last:
        catalog.put(each, NOW)
    return catalog, last


@given(st.lists(shapes, min_size=1, max_size=6), st.lists(constraints, min_size=1, max_size=3))
def test_vectors_say_what_the_rules_say(many: list[dict], asked: list[Constraints]) -> None:
    """Feasibility, net cost, value, audience and prerequisites agree with the rules, after changes too."""
    catalog, credentials = grown(many, asked)
    rows = [catalog.row(each.id) for each in credentials]
    n = len(catalog)
    for every in asked:
        checks = catalog.fit.checks(every, n)
        net = catalog.fit.net_cents(every, n)
        for row, each in zip(rows, credentials, strict=True):
            assert {k for k, fits in checks.items() if not fits[row]} == set(
                eligibility.broken(each, every)
            )
            cost = money.net_cost(each, every.region, every.income_band)
            known = cost is not None and money.in_one_currency(each)
            assert net[row] == (cost.amount * 100 if known and cost is not None else -1)
            worth = value.score(value.assess(each, now=NOW, region=every.region))
            assert np.isclose(catalog.values(every.region)[row], worth)
    for partner in (None, "p1"):
        may = catalog.recommendable(partner)
        assert [bool(may[row]) for row in rows] == [
            eligibility.recommendable(each, partner) for each in credentials
        ]
    held, skills = frozenset({"c0"}), {"s0": 0.5}
    missing = catalog.prerequisites.missing(catalog.mask(held), skills)
    assert [bool(missing[row]) for row in rows] == [
        bool(eligibility.missing_prerequisites(each, held, skills)) for each in credentials
    ]


@given(st.lists(st.integers(0, 5), max_size=40), st.integers(1, 10))
def test_the_top_is_the_start_of_a_stable_sort(scores: list[int], depth: int) -> None:
    """Selecting before sorting changes nothing, ties included."""
    found = top(np.array(scores, float), depth).tolist()
    assert found == sorted(range(len(scores)), key=lambda place: -scores[place])[:depth]


def test_similarity_prefers_rare_shared_skills() -> None:
    """A skill that few teach says more than one that all teach."""
    catalog = CatalogIndex()
    for i in range(9):
        catalog.put(credential(f"c{i}", skills=[TaughtSkill(id="common")]), NOW)
    catalog.put(credential("rare", skills=[TaughtSkill(id="rare")]), NOW)
    found = catalog.similarity({"rare": 1.0, "common": 1.0, "unknown": 1.0})
    assert catalog.credentials[int(found.argmax())].id == "rare"
    assert found[catalog.row("c1")] > 0


def test_values_follow_the_calendar() -> None:
    """An accreditation that has ended stops counting, and stops being a reason, once its row comes round."""
    ending = assertion(reciprocal=True, start=at(-9), end=at(90))
    catalog = CatalogIndex()
    for id in ("c0", "c1", "c2"):
        catalog.put(credential(id, assertions=[ending]), NOW)
    before = catalog.values(None).copy()
    catalog.revalue(at(120), 2)
    assert (catalog.values(None) < before).tolist() == [True, True, False]
    catalog.revalue(at(120), 2)
    assert (catalog.values(None) < before).all()
    assert [catalog.notes[row].attested for row in range(3)] == [[], [], []]
