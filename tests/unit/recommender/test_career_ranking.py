"""Lists with a goal: what career leads, local demand, discoveries and the quality floor, on obvious catalogs."""

import numpy as np

from libs.common.contracts.calls import Constraints
from libs.common.contracts.catalog import CatalogSnapshot, Outcome, RequiredSkill, TaughtSkill
from libs.common.contracts.redis_values import Ranking
from libs.common.rules.value import QUALITY_FLOOR
from services.recommender.domain.ports import NoModel
from services.recommender.domain.ranking import rank
from tests.factories.catalog import credential, demand, occupation, regulation
from tests.unit.recommender.events import interaction, learner
from tests.unit.recommender.worlds import NOW, Neighbours, index, state_of

POOR = [Outcome(kind="employment", value=0.0, n=5000, source="registry")]
JOB = occupation("job", skills=[RequiredSkill(id="a", level=1.0)])
AIMING = learner(target_occupation="job")


def teaching(id: str, level: float, **parts) -> CatalogSnapshot:
    """A credential that teaches skill `a`, assessed."""
    return credential(id, skills=[TaughtSkill(id="a", level=level, assessed=True)], **parts)


def listed(*catalog: CatalogSnapshot, region: str | None = None, model=None, events=()) -> Ranking:
    """The list of someone who aims at the job."""
    state = state_of(AIMING, *events)
    return rank(
        state, model or NoModel(), index(JOB, *catalog), Constraints(region=region), now=NOW
    )


def ids(ranking: Ranking) -> list[str]:
    return [item.credential_id for item in ranking.items]


def test_an_uncertain_teacher_closes_less() -> None:
    """The gain is F of the credential alone: width times value, and 0.7 of it where nobody assesses."""
    unassessed = credential("unassessed", skills=[TaughtSkill(id="a", level=1.0)])
    ranking = listed(teaching("assessed", 1.0), unassessed)
    gains = {item.credential_id: item.gain for item in ranking.items}
    quality = index(teaching("assessed", 1.0)).values(None)[0]
    assert np.isclose(gains["assessed"], quality, atol=1e-6)
    assert np.isclose(gains["unassessed"], 0.7 * quality, atol=1e-6)


def test_local_demand_changes_the_order() -> None:
    """Of two that close the same, the one whose occupation the learner's region asks for comes first; a region
    without records falls back to its country's, and without a region nothing is preferred."""
    catalog = [
        teaching("a-rare", 1.0, occupations=["rare"]),
        teaching("b-sought", 1.0, occupations=["sought"]),
        teaching("c-unknown", 1.0, occupations=["elsewhere"]),
        demand("US", "sought", postings=900),
        demand("US", "rare", postings=3),
        demand("US-NM", "rare", postings=50),
    ]
    assert ids(listed(*catalog)) == ["a-rare", "b-sought", "c-unknown"]
    assert ids(listed(*catalog, region="US-CA")) == ["b-sought", "c-unknown", "a-rare"]
    assert ids(listed(*catalog, region="US-NM"))[0] == "a-rare"


def test_an_older_record_of_demand_is_ignored() -> None:
    """Demand follows the highest revision, in whatever order the records come."""
    newer, older = (
        demand("US", "sought", postings=9, revision=2),
        demand("US", "sought", postings=1, revision=1),
    )
    rest = [teaching("a", 1.0, occupations=["sought"]), demand("US", "other", postings=99)]
    columns = [index(*rest, *order).demand("US")[0] for order in ((newer, older), (older, newer))]
    assert columns[0] == columns[1] == np.log1p(9) / np.log1p(99)


def test_ranks_5_and_10_are_the_best_liked_of_the_rest() -> None:
    """Twelve that close the gap lead, but for two discoveries, labelled so; who has no goal gets none."""
    closers = [teaching(f"closer-{n:02}", 1.0) for n in range(12)]
    liked = [credential(each, skills=[]) for each in ("liked", "also")]
    model = Neighbours({"seen": ["liked", "also"]})
    ranking = listed(
        *closers, *liked, credential("seen"), model=model, events=[interaction("seen")]
    )
    assert {ids(ranking)[4], ids(ranking)[9]} == {"liked", "also"}
    sources = [item.source for item in ranking.items]
    assert [rank for rank, source in enumerate(sources, 1) if source == "discovery"] == [5, 10]
    without = rank(
        state_of(interaction("seen")), model, index(*closers, *liked), Constraints(), now=NOW
    )
    assert all(item.source != "discovery" for item in without.items)


def test_what_is_known_to_be_poor_is_not_listed() -> None:
    """Measured bad outcomes fall under the floor, unknown ones do not; the poor are all there is: they are listed."""
    poor, unknown = teaching("poor", 1.0, outcomes=POOR), teaching("unknown", 1.0)
    assert index(poor).values(None)[0] < QUALITY_FLOOR < index(unknown).values(None)[0]
    assert ids(listed(poor, unknown)) == ["unknown"]
    assert ids(listed(poor)) == ["poor"]


def test_a_licence_is_listed_whatever_its_value() -> None:
    """What the law asks for stays first even if its measured outcomes are poor."""
    law = regulation("job", "US", required_credentials=["licence"])
    licence = credential("licence", type="License", skills=[], outcomes=POOR)
    assert ids(listed(law, licence, teaching("badge", 1.0), region="US"))[0] == "licence"
