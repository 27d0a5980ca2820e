"""`rank` on catalogs with one obvious right answer."""

from decimal import Decimal

import numpy as np

from libs.common.contracts.calls import Constraints, Job, Target, WantedSkill
from libs.common.contracts.catalog import (
    Agent,
    Assertion,
    Cost,
    Credential,
    Prerequisite,
    Regulator,
    RequiredSkill,
    TaughtSkill,
)
from libs.common.contracts.profile import HeldCredential
from libs.common.contracts.redis_values import ListItem, ListReason, Ranking
from libs.common.contracts.types import Money
from services.recommender.domain.catalog_index import UNASSESSED
from services.recommender.domain.ports import NoModel
from services.recommender.domain.ranking import rank
from tests.factories.catalog import credential, occupation, regulation
from tests.unit.recommender.events import at, interaction, learner
from tests.unit.recommender.worlds import NOW, Neighbours, index, state_of, with_skills

ANYTHING = Constraints()


def ids(ranking: Ranking) -> list[str]:
    """The ranked credential ids."""
    return [item.credential_id for item in ranking.items]


def item(ranking: Ranking, credential_id: str) -> ListItem:
    """The item of a credential."""
    return next(each for each in ranking.items if each.credential_id == credential_id)


def codes(ranking: Ranking, credential_id: str) -> list[str]:
    """The codes of a credential's reasons."""
    return [reason.code for reason in item(ranking, credential_id).reasons]


def teaching(id: str, *skills: str, **parts) -> Credential:
    """A credential that teaches these skills."""
    return credential(id, skills=[TaughtSkill(id=each, level=0.66) for each in skills], **parts)


def test_the_model_leads_where_it_knows_the_history() -> None:
    """What learners with that history took comes first, as personalized and with the reason."""
    catalog = index(*(credential(f"c{i}") for i in range(6)))
    model = Neighbours({"c0": ["c4"]})
    ranking = rank(state_of(interaction("c0", "view")), model, catalog, ANYTHING, now=NOW)
    assert ids(ranking)[0] == "c4"
    assert ranking.items[0].source == "personalized"
    assert codes(ranking, "c4")[:2] == ["because_viewed", "similar_learners"]


def test_other_learners_are_named_only_from_ten_on() -> None:
    """With nine learners behind an item no reason speaks of them."""
    catalog = index(*(credential(f"c{i}") for i in range(3)))
    model = Neighbours({"c0": ["c1"]}, support=9)
    model.trends[:] = 5.0
    ranking = rank(state_of(interaction("c0")), model, catalog, ANYTHING, now=NOW)
    assert not {"similar_learners", "trending"} & set(codes(ranking, "c1"))


def test_held_completed_and_dismissed_credentials_are_left_out() -> None:
    """What the learner has or does not want is never listed; an expired credential may be earned again."""
    held = [
        HeldCredential(credential_id="held", status="verified"),
        HeldCredential(credential_id="expired", status="expired"),
    ]
    catalog = index(*(credential(c) for c in ("held", "expired", "done", "dismissed", "free")))
    state = state_of(
        learner(held_credentials=held),
        interaction("done", "complete"),
        interaction("dismissed", "dismiss"),
    )
    assert set(ids(rank(state, NoModel(), catalog, ANYTHING, now=NOW))) == {"expired", "free"}


def test_a_dismissal_is_undone_by_saving_later() -> None:
    """Who saves what they dismissed before has changed their mind."""
    state = state_of(
        interaction("c1", "dismiss", occurred_at=at(1)),
        interaction("c1", "save", occurred_at=at(2)),
    )
    assert ids(rank(state, NoModel(), index(credential("c1")), ANYTHING, now=NOW)) == ["c1"]


def test_retired_credentials_and_those_of_other_audiences_are_left_out() -> None:
    """Only active and ceasing credentials for everyone or for the learner's partner are listed."""
    catalog = index(
        credential("active"),
        credential("ceasing", status="ceasing"),
        credential("retired", status="deprecated"),
        credential("mine", audience=["partner"]),
        credential("theirs", audience=["another"]),
    )
    ranking = rank(state_of(learner()), NoModel(), catalog, ANYTHING, now=NOW)
    assert set(ids(ranking)) == {"active", "ceasing", "mine"}
    assert ListReason("ceasing") in item(ranking, "ceasing").advisories


def test_a_retired_credential_leaves_and_returns_with_its_revisions() -> None:
    """Each revision takes effect at once, an older one that comes late does not."""
    catalog = index(credential("c1"), credential("c2"))
    state = state_of(learner())
    catalog.put(credential("c1", status="deprecated", revision=3), NOW)
    catalog.put(credential("c1", status="active", revision=2), NOW)
    assert ids(rank(state, NoModel(), catalog, ANYTHING, now=NOW)) == ["c2"]
    catalog.put(credential("c1", revision=4), NOW)
    assert set(ids(rank(state, NoModel(), catalog, ANYTHING, now=NOW))) == {"c1", "c2"}


def test_prerequisites_are_respected_and_open_up_when_met() -> None:
    """What needs a credential not held is out; once it is completed, what builds on it comes first."""
    catalog = index(
        *(credential(f"other{i}") for i in range(5)),
        credential("basics", leads_to=["further"]),
        credential("advanced", prerequisites=[Prerequisite(credential="basics")]),
        credential("further"),
        credential("skilled", prerequisites=[Prerequisite(skill="maths", level=0.5)]),
    )
    before = rank(state_of(learner()), NoModel(), catalog, ANYTHING, now=NOW)
    assert not {"advanced", "skilled"} & set(ids(before))
    state = state_of(with_skills("maths"), interaction("basics", "complete"))
    after = rank(state, NoModel(), catalog, ANYTHING, now=NOW)
    assert set(ids(after)[:2]) == {"advanced", "further"}
    assert "skilled" in ids(after)
    assert codes(after, "advanced")[0] == "builds_on"
    assert item(after, "advanced").source == "personalized"


def test_a_new_learner_gets_what_their_skills_are_about() -> None:
    """Without history the skills of the profile decide, and the reason names them."""
    catalog = index(
        teaching("far", "welding"), teaching("near", "spreadsheets"), teaching("off", "baking")
    )
    ranking = rank(state_of(with_skills("spreadsheets")), NoModel(), catalog, ANYTHING, now=NOW)
    assert ids(ranking)[0] == "near"
    assert ranking.items[0].source == "content"
    assert item(ranking, "near").reasons[0] == ListReason(
        "teaches_related_skills", {"skills": ["spreadsheets"]}
    )


def test_a_goal_puts_what_closes_most_of_the_gap_first() -> None:
    """With a target occupation, gain leads; closed skills, readiness and the reason are told."""
    goal = occupation(
        "o1",
        skills=[
            RequiredSkill(id="held", level=0.5),
            RequiredSkill(id="heavy", level=0.66),
            RequiredSkill(id="light", importance=0.6, level=0.66),
        ],
    )
    catalog = index(
        goal, teaching("light", "light"), teaching("heavy", "heavy"), teaching("again", "held")
    )
    state = state_of(with_skills("held", target_occupation="o1"))
    ranking = rank(state, NoModel(), catalog, ANYTHING, now=NOW)
    assert ids(ranking) == ["heavy", "light", "again"]
    assert item(ranking, "heavy").closes == ["heavy"]
    assert item(ranking, "again").gain == 0
    assert codes(ranking, "heavy")[0] == "closes_skill_gap"
    assert ranking.target is not None
    asked = 0.5 + 0.66 + 0.6 * 0.66
    assert np.isclose(ranking.target.readiness, 0.5 / asked)
    quality = catalog.values(None)[catalog.row("heavy")] * UNASSESSED
    assert np.isclose(item(ranking, "heavy").gain, quality * 0.66 / asked, atol=1e-6)


def test_a_target_of_the_request_replaces_the_learners_own() -> None:
    """Skills or a job posting as the target work like an occupation."""
    catalog = index(
        occupation("o1", name="Baker", skills=[RequiredSkill(id="baking")]),
        occupation("o2", name="Welder", skills=[RequiredSkill(id="welding")]),
        teaching("bake", "baking"),
        teaching("weld", "welding"),
    )
    state = state_of(learner(target_occupation="o1"))
    for target in (
        None,
        Target(skills=[WantedSkill(id="welding")]),
        Target(job=Job(title="Senior Welder (m/f)")),
        Target(occupation="o2"),
    ):
        ranking = rank(state, NoModel(), catalog, ANYTHING, now=NOW, target=target)
        assert ids(ranking)[0] == ("bake" if target is None else "weld")


def test_a_regulated_occupation_is_said_and_its_licence_comes_first() -> None:
    """Without the licence the goal is blocked, the licence leads, everything carries the advisory."""
    catalog = index(
        occupation("law"),
        regulation("law", "US", required_credentials=["bar"], regulator=Regulator(name="The Bar")),
        credential("bar", type="License", skills=[]),
        credential("badge"),
    )
    state = state_of(learner(target_occupation="law"))
    ranking = rank(state, NoModel(), catalog, Constraints(region="US-CA"), now=NOW)
    assert ranking.target is not None
    assert ranking.target.status == "blocked_pending_licence"
    assert ids(ranking)[0] == "bar"
    told = ListReason("regulated_occupation", {"occupation": "law", "regulator": "The Bar"})
    assert all(told in each.advisories for each in ranking.items)


def test_without_consent_only_trend_and_value_speak() -> None:
    """The history of a learner who does not consent is gone, and so is everything personal."""
    catalog = index(*(credential(f"c{i}") for i in range(4)))
    model = Neighbours({"c0": ["c1"], "c2": ["c3"]})
    model.trends[model.index["c2"]] = 3.0
    state = state_of(
        learner(),
        interaction("c0"),
        with_skills("skill-1", personalization=False, revision=2, consent_changed_at=at(2)),
    )
    ranking = rank(state, model, catalog, ANYTHING, now=NOW)
    assert ids(ranking)[0] == "c2"
    assert {each.source for each in ranking.items} == {"trending", "value"}


def test_attested_value_ranks_higher_and_names_the_accreditor() -> None:
    """Alike but for a reciprocal accreditation against a claimed one: the accredited comes first."""
    agency = Agent(id="agency", name="The Agency")
    claimed = Assertion(kind="accredits", agent=Agent(id="self", name="Self"))
    proven = Assertion(kind="accredits", agent=agency, start=at(-9), reciprocal=True)
    catalog = index(credential("a", assertions=[claimed]), credential("b", assertions=[proven]))
    ranking = rank(state_of(learner()), NoModel(), catalog, ANYTHING, now=NOW)
    assert ids(ranking) == ["b", "a"]
    by_whom = {"component": "accreditation", "kind": "accredits", "agent": "The Agency"}
    told = ListReason("high_value", by_whom)
    assert told in item(ranking, "b").reasons


def test_nothing_feasible_names_the_smallest_relaxation() -> None:
    """Every single constraint whose relaxation helps is named, with how many it admits."""
    catalog = index(
        credential("a", cost=[Cost(amount=Decimal(80), currency="USD", kind="tuition")]),
        credential("b", cost=[Cost(amount=Decimal(60), currency="USD", kind="tuition")]),
        credential("c", cost=[]),
    )
    limits = Constraints(max_cost=Money(Decimal(10), "USD"), languages=["en"])
    ranking = rank(state_of(learner()), NoModel(), catalog, limits, now=NOW)
    assert ranking.items == []
    (relaxation,) = ranking.relaxations
    assert (relaxation.constraint, relaxation.admits) == ("max_cost", 1)
    assert relaxation.to == {"amount": "60.00", "currency": "USD"}


def test_constraints_that_only_give_way_together_are_named_together() -> None:
    """Too dear and too long: both must be relaxed, and both are named."""
    catalog = index(credential("a"))
    limits = Constraints(max_cost=Money(Decimal(10), "USD"), hours_per_week=5, deadline_weeks=2)
    ranking = rank(state_of(learner()), NoModel(), catalog, limits, now=NOW)
    assert {(r.constraint, r.admits) for r in ranking.relaxations} == {("max_cost", 1), ("time", 1)}
    assert next(r.to for r in ranking.relaxations if r.constraint == "time") == 6


def test_scores_are_shares_in_descending_order() -> None:
    """Scores are 0 to 1 and fall along the list, and the limit is kept."""
    catalog = index(*(teaching(f"c{i}", f"skill-{i % 7}") for i in range(90)))
    state = state_of(with_skills("skill-3"), interaction("c10"), interaction("c20"))
    ranking = rank(state, Neighbours({"c10": ["c12"]}), catalog, ANYTHING, now=NOW, limit=30)
    scores = [each.score for each in ranking.items]
    assert len(scores) == 30
    assert scores == sorted(scores, reverse=True)
    assert 0 <= scores[-1] <= scores[0] <= 1


def test_what_has_been_begun_is_not_recommended_until_withdrawn() -> None:
    """An open enrolment is left out; after a withdrawal the credential may come again."""
    catalog = index(credential("begun"), credential("left"), credential("free"))
    state = state_of(
        interaction("begun", "enroll", occurred_at=at(1)),
        interaction("left", "enroll", occurred_at=at(1)),
        interaction("left", "withdraw", occurred_at=at(2)),
    )
    assert set(ids(rank(state, NoModel(), catalog, ANYTHING, now=NOW))) == {"left", "free"}


def test_events_of_unknown_credentials_wait_for_the_catalog() -> None:
    """An unknown id in the history is ignored; once the catalog knows it, it counts."""
    catalog = index(credential("c1"), credential("c2"))
    state = state_of(interaction("later", "complete"))
    assert len(rank(state, NoModel(), catalog, ANYTHING, now=NOW).items) == 2
    catalog.put(credential("later", leads_to=["c2"]), NOW)
    assert ids(rank(state, NoModel(), catalog, ANYTHING, now=NOW))[0] == "c2"


def test_an_empty_catalog_gives_an_empty_list() -> None:
    """Before the catalog has anything there is nothing to say."""
    assert rank(state_of(interaction()), NoModel(), index(), ANYTHING, now=NOW) == Ranking([])
