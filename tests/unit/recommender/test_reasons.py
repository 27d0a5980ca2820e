"""Why each item is listed: never nothing, and nothing that has no sentence."""

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.contracts.calls import Constraints
from libs.common.contracts.catalog import RequiredSkill, TaughtSkill
from libs.common.contracts.profile import Consent
from libs.common.contracts.redis_values import ListReason
from libs.common.rules.reasons import ADVISORIES, REASONS, Message
from services.recommender.domain import gap
from services.recommender.domain.pathway import pathway
from services.recommender.domain.ports import NoModel
from services.recommender.domain.ranking import asked, rank
from tests.factories.catalog import credential, occupation, regulation
from tests.unit.recommender.events import interaction, learner
from tests.unit.recommender.test_ranking_properties import catalogs, constraints, interactions
from tests.unit.recommender.worlds import NOW, Neighbours, index, state_of

ASKED = [RequiredSkill(id="a", level=1.0), RequiredSkill(id="b", level=0.66)]
GOALS = (
    occupation("plain", skills=ASKED),
    occupation("usual", skills=ASKED, soc="29-1141.00"),
    occupation("regulated", skills=ASKED, soc="23-1011.00"),
    regulation("regulated", "US"),
    regulation("regulated", "FR", regulator=None),
)
SILENT = learner(consent=Consent(personalization=False))
people = st.sampled_from(
    [
        SILENT,
        learner(),
        *(learner(target_occupation=each) for each in ("plain", "usual", "regulated")),
    ]
)


def few(support: int) -> Neighbours:
    """A model that has seen so many learners of each credential, and in which all are trending."""
    model = Neighbours(
        {f"c{n}": [f"c{n + 1}", f"c{(n + 3) % 7}"] for n in range(6)}, support=support
    )
    model.trends = np.arange(len(model.trends), dtype=float)
    return model


def is_said(reason: ListReason, vocabulary: Mapping[str, Message]) -> bool:
    """Whether the vocabulary has a sentence for a reason with its parameters."""
    message = vocabulary[reason.code]
    return message.params <= reason.params.keys() <= message.all


@given(catalogs, constraints, interactions, people, st.sampled_from([NoModel(), few(3), few(30)]))
def test_every_item_says_why(catalog, limits, events, profile, model) -> None:
    """One to four reasons, with the parameters that their sentences need, whoever asks for whatever; and so
    has every step of a path."""
    world, state = index(*GOALS, *catalog), state_of(profile, *events)
    ranking = rank(state, model, world, limits, now=NOW)
    for item in ranking.items:
        assert 1 <= len(item.reasons) <= 4
        assert all(is_said(each, REASONS) for each in item.reasons)
        assert all(is_said(each, ADVISORIES) for each in item.advisories)
    ask = asked(state, model, world, limits, now=NOW)
    if ask.goal is not None:
        for step in pathway(ask, ask.goal).steps:
            assert step.reasons
            assert all(is_said(each, {**REASONS, **ADVISORIES}) for each in step.reasons)


def test_what_too_few_learners_did_is_not_said_of_them() -> None:
    """A trend or a taste of fewer than ten learners puts an item there without being told."""
    state = state_of(interaction("c0"))
    world = index(*(credential(f"c{n}", skills=[]) for n in range(7)))
    loud, quiet = (
        {
            r.code
            for item in rank(state, few(n), world, Constraints(), now=NOW).items
            for r in item.reasons
        }
        for n in (30, 3)
    )
    assert {"trending", "similar_learners"} <= loud
    assert not {"trending", "similar_learners"} & quiet
    assert "ranked_by_value" in quiet


def test_a_discovery_says_that_it_is_one() -> None:
    """First of its reasons; nothing else says so."""
    courses = [
        credential(f"c{n:02}", skills=[TaughtSkill(id="a", level=1.0, assessed=True)])
        for n in range(12)
    ]
    liked = [credential(f"liked{n}", skills=[TaughtSkill(id="z")]) for n in range(3)]
    world = index(occupation("plain", skills=ASKED), *courses, *liked)
    model = Neighbours({"seen": [each.id for each in liked]})
    state = state_of(learner(target_occupation="plain"), interaction("seen"))
    items = rank(state, model, world, Constraints(), now=NOW).items
    found = [item for item in items if item.source == "discovery"]
    assert found
    assert all(item.reasons[0].code == "discovery" for item in found)
    rest = [item for item in items if item.source != "discovery"]
    assert not any(r.code == "discovery" for item in rest for r in item.reasons)


@pytest.mark.parametrize(
    ("goal", "first"),
    [
        ("plain", "closes_skill_gap"),
        ("usual", "check_regulator"),
        ("regulated", "regulated_occupation"),
    ],
)
def test_a_path_says_first_what_the_law_says(goal: str, first: str) -> None:
    """A licence that is needed, and one that may be, come before what a step teaches."""
    course = credential("c0", skills=[TaughtSkill(id="a", level=1.0, assessed=True)])
    state = state_of(learner(target_occupation=goal, region="US-CA"))
    ask = asked(state, NoModel(), index(*GOALS, course), Constraints(region="US-CA"), now=NOW)
    assert isinstance(ask.goal, gap.Goal)
    (step,) = pathway(ask, ask.goal).steps
    assert step.reasons[0].code == first
