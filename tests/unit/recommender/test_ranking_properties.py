"""What holds of every list, whatever the catalog, the learner and what they ask for."""

from decimal import Decimal
from itertools import combinations, permutations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.common.contracts.calls import Constraints
from libs.common.contracts.catalog import (
    Aid,
    Cost,
    Credential,
    Outcome,
    Prerequisite,
    RequiredSkill,
    TaughtSkill,
)
from libs.common.contracts.profile import Interaction
from libs.common.contracts.types import Money
from libs.common.rules.eligibility import broken, missing_prerequisites, recommendable
from libs.common.rules.value import assess
from services.recommender.domain import career
from services.recommender.domain.ports import NoModel
from services.recommender.domain.ranking import asked, rank
from tests.factories.catalog import credential, demand, occupation
from tests.unit.recommender.events import at, interaction, learner
from tests.unit.recommender.worlds import NOW, Neighbours, index, state_of

SKILLS = ("a", "b", "c")
IDS = tuple(f"c{n}" for n in range(7))
some = st.sampled_from
JOB = occupation(
    "job",
    skills=[
        RequiredSkill(id=each, importance=i, level=1.0)
        for each, i in zip(SKILLS, (1, 0.5, 0.2), strict=True)
    ],
)


@st.composite
def credentials(draw: st.DrawFn, id: str) -> Credential:
    """Any credential that is interesting to a constraint."""
    amount = draw(st.none() | some(["0.00", "20.00", "99.99"]))
    needs = st.builds(Prerequisite, credential=some(IDS)) | st.builds(
        Prerequisite, skill=some(SKILLS), level=some([None, 0.33])
    )
    return credential(
        id,
        status=draw(some(["active", "active", "ceasing", "deprecated", "suspended"])),
        audience=draw(some([[], [], ["partner"], ["other"]])),
        skills=[
            TaughtSkill(id=each, level=draw(some([0.33, 0.66, 1.0])), assessed=draw(st.booleans()))
            for each in draw(st.sets(some(SKILLS)))
        ],
        occupations=draw(some([[], ["job"], ["other"], ["job", "other"]])),
        cost=[]
        if amount is None
        else [Cost(amount=Decimal(amount), currency=draw(some(["USD", "EUR"])), kind="tuition")],
        aid=draw(
            some(
                [
                    [],
                    [Aid(name="Grant", amount=Decimal("20.00"), currency="USD", regions=["US-NM"])],
                ]
            )
        ),
        workload_hours=draw(some([None, 5.0, 40.0])),
        delivery=draw(some([["online"], ["in_person"], ["blended", "online"], []])),
        languages=draw(some([["en"], ["es-MX"], []])),
        places=draw(some([[], ["US-NM"], ["FR-75"]])),
        prerequisites=draw(st.lists(needs, max_size=1)),
        outcomes=draw(some([[], [Outcome(kind="employment", value=0.0, n=900, source="x")]])),
    )


catalogs = st.tuples(*(credentials(each) for each in IDS))
constraints = st.builds(
    Constraints,
    max_cost=st.none() | some([Money(Decimal("0.00"), "USD"), Money(Decimal("79.99"), "USD")]),
    max_hours=some([None, 20.0]),
    hours_per_week=some([None, 4.0]),
    deadline_weeks=some([None, 2]),
    delivery=some([[], ["online"], ["in_person"]]),
    languages=some([[], ["en"], ["es"]]),
    region=some([None, "US-NM", "FR"]),
)
interactions = st.lists(
    st.builds(
        lambda each, kind, minute: interaction(each, kind, occurred_at=at(minute)),
        some(IDS),
        some(["view", "enroll", "withdraw", "complete", "dismiss", "save"]),
        st.integers(1, 50),
    ),
    max_size=5,
)
profiles = some([learner(), learner(target_occupation="job")])


@given(catalogs, constraints, interactions, profiles)
def test_no_recommendation_breaks_a_hard_constraint(catalog, limits, events, profile) -> None:
    """Each item can be started and finished by whoever asks, by the rules as they are written for one credential;
    and nothing else is left out but for its measured quality."""
    world = index(JOB, *catalog)
    ask = asked(state_of(profile, *events), NoModel(), world, limits, now=NOW)
    ranking = rank(state_of(profile, *events), NoModel(), world, limits, now=NOW)
    who = ask.who
    fits = {
        each.id
        for each in catalog
        if recommendable(each, "partner")
        and not broken(each, limits)
        and not missing_prerequisites(each, who.held, who.earned)
        and each.id not in who.held | who.enrolled | who.dismissed
    }
    listed = {item.credential_id for item in ranking.items}
    assert listed <= fits
    assert {each.id for each in catalog if each.id in fits - listed} <= {
        each.id for each in catalog if each.outcomes
    }
    assert bool(listed) == bool(fits)


@given(st.lists(st.tuples(st.floats(0, 1), some([True, False])), min_size=2, max_size=9), st.data())
def test_items_more_than_tau_apart_in_career_never_swap(closers, data) -> None:
    """With a goal no liking puts an item before one that does more for the goal by over τ, discoveries apart."""
    courses = [
        credential(
            f"c{n}",
            skills=[TaughtSkill(id="a", level=level, assessed=True)],
            occupations=[data.draw(some(["job", "other", "elsewhere"]))],
        )
        for n, (level, _) in enumerate(closers)
    ]
    model = Neighbours({"seen": [f"c{n}" for n, (_, liked) in enumerate(closers) if liked]})
    demands = (demand("US", "job", postings=5), demand("US", "other", postings=70))
    world = index(JOB, *courses, *demands)
    state = state_of(learner(target_occupation="job"), interaction("seen"))
    limits = data.draw(some([Constraints(), Constraints(region="US-NM")]))
    ranking = rank(state, model, world, limits, now=NOW)
    sway = 1 - career.SWAY + career.SWAY * world.demand(limits.region)
    scores = [
        (item.gain or 0.0) * sway[world.row(item.credential_id)]
        for item in ranking.items
        if item.source != "discovery"
    ]
    assert len(ranking.items) == len(courses)
    for before, after in combinations(scores, 2):
        assert after - before <= career.TAU + 1e-5


@given(catalogs, interactions, profiles, st.randoms(use_true_random=False))
@settings(max_examples=50)
def test_duplicate_and_older_events_change_no_answer(catalog, events, profile, draw) -> None:
    """Each snapshot's older revision and each event twice, in any order: the same list."""
    newer = [msgspec.structs.replace(each, revision=2) for each in catalog]
    older = [msgspec.structs.replace(each, status="active", cost=[]) for each in catalog]
    snapshots = [*newer, *older, *newer]
    draw.shuffle(snapshots)
    again: list[Interaction] = [*events, *events]
    draw.shuffle(again)
    plain = rank(state_of(profile, *events), NoModel(), index(JOB, *newer), Constraints(), now=NOW)
    world = index(
        JOB, *sorted(snapshots, key=lambda each: each.id)
    )  # rows as they are in the other
    assert rank(state_of(profile, *again), NoModel(), world, Constraints(), now=NOW) == plain


@given(credentials("c0"), st.data())
def test_neither_paying_nor_clicking_changes_value(one, data) -> None:
    """Value is a function of who accredits, recognises and attests it, of outcomes, assessment and age alone."""
    other = data.draw(credentials("c0"))
    dressed = msgspec.structs.replace(
        other,
        outcomes=one.outcomes,
        assertions=one.assertions,
        assessment=one.assessment,
        published_at=one.published_at,
        description="Sponsored",
        image="https://ads.example/big.png",
    )
    assert assess(dressed, now=NOW) == assess(one, now=NOW)
    world = index(one)
    before = world.values(None).copy()
    for events in permutations([interaction("c0", kind) for kind in ("view", "save", "enroll")], 2):
        rank(state_of(*events), NoModel(), world, Constraints(), now=NOW)
    assert (world.values(None) == before).all()
