"""The goals that an evaluation makes of what learners go on to do."""

from libs.common.contracts.calls import WantedSkill
from services.recommender.evaluation.catalog import Catalog
from services.recommender.evaluation.goals import goals_ahead
from services.recommender.evaluation.split import prequential
from tests.unit.recommender_evaluation.data import log_of


def test_a_goal_is_made_of_what_comes_and_not_of_what_was() -> None:
    """Each question's goal has the skills of the learner's later credentials, each weighing as often as it is taught."""
    plan = prequential(log_of([(0, 0), (1, 0), (0, 1), (1, 3), (0, 2), (0, 3)]), 0.4)
    taught = {"c0": {"past"}, "c1": {"a"}, "c2": {"a", "b"}, "c3": set()}
    ahead = goals_ahead(
        plan, Catalog({}, {each: frozenset(skills) for each, skills in taught.items()})
    )
    wanted = {place: target.skills for place, target in ahead.items()}
    assert wanted == {
        0: [WantedSkill(id="a", importance=1.0), WantedSkill(id="b", importance=0.5)],
        2: [WantedSkill(id="a", importance=1.0), WantedSkill(id="b", importance=1.0)],
    }
