"""Live quality asks before it learns, once, and no more often than it may."""

import numpy as np
import pytest

from libs.common.contracts.profile import Interaction
from libs.common.contracts.redis_values import LearnerState
from services.recommender.model.learned import Model
from services.recommender.trainer.learners import Learners
from services.recommender.trainer.live_quality import (
    KEPT,
    MOST_A_SECOND,
    LiveQuality,
    Question,
    gain,
)
from services.recommender.trainer.states import States
from tests.unit.recommender_model.data import NOW, checkerboard, trained
from tests.unit.recommender_model.events import interaction as of_learner


def interaction(credential_id: str, kind: str) -> Interaction:
    return of_learner("l1", credential_id, kind, 1)


@pytest.fixture(scope="module")
def model() -> Model:
    return trained(checkerboard())


def question(history: list[str], wanted: str) -> Question:
    return Question([(each, 1.0) for each in history], history, wanted, NOW)


def test_a_model_that_knows_gives_a_gain(model: Model) -> None:
    """Even credentials go with even ones: the last unseen even one is first, an odd one is not among twenty."""
    evens = [f"c{row}" for row in range(0, 50, 2)]
    assert gain(model, question(evens[:-1], evens[-1])) == 1
    assert gain(model, question(evens[:-1], "c1")) < 1
    assert gain(model, question(evens[:3], "c1")) == 0
    assert gain(model, question(evens[:-1], "unknown")) == 0


def test_what_was_taken_up_is_out_of_the_way(model: Model) -> None:
    """The place is among the credentials that the learner has not taken up yet."""
    asked = question(["c0", "c2"], "c4")
    crowded = gain(model, asked._replace(taken=[]))
    assert gain(model, asked) >= crowded


def test_it_asks_before_it_learns(model: Model) -> None:
    """An event is asked about with the history before it, and once: repeated, it is no news."""
    learners, quality = Learners(States(), 24), LiveQuality(lambda: model)
    quality.open = True
    events = [
        interaction("c0", "complete"),
        interaction("c2", "complete"),
        interaction("c2", "complete"),
    ]
    for event in events:
        quality.see(learners.states.get(event.learner_key), event)
        learners.apply(0, event)
    assert [each.credential_id for each in quality.questions] == ["c2"]
    assert [item for item, _ in quality.questions[0].history] == ["c0"]
    assert quality.figures()["live_questions"] == 1


@pytest.mark.parametrize("kind", ["view", "save", "dismiss"])
def test_only_taking_up_is_asked_about(model: Model, kind: str) -> None:
    """Looking and saving are no answer to what comes next."""
    quality = LiveQuality(lambda: model)
    quality.open = True
    quality.see(_state(), interaction("c2", kind))
    assert not quality.questions


def test_nothing_is_asked_of_whom_nothing_may_be_known(model: Model) -> None:
    """Without a history, without consent, or under another consent."""
    quality = LiveQuality(lambda: model)
    quality.open = True
    event = interaction("c2", "enroll")
    for state in (
        None,
        LearnerState(event.learner_key, _state().consent_changed_at),
        LearnerState(event.learner_key, _state().consent_changed_at, consented=False),
        LearnerState(event.learner_key, 1, interactions={"c0": {"complete": 5}}),
    ):
        quality.see(state, event)
    assert not quality.questions


def test_a_log_read_again_is_no_news(model: Model) -> None:
    """Until the logs are caught up with nothing is asked."""
    quality = LiveQuality(lambda: model)
    quality.see(_state(), interaction("c2", "enroll"))
    assert not quality.questions


def test_memory_and_time_are_bounded(model: Model) -> None:
    """However many events come, so many questions are kept, and so many asked in a second."""
    quality = LiveQuality(lambda: model)
    quality.open = True
    for place in range(KEPT + 10):
        quality.see(_state(), interaction(f"c{2 + place % 40}", "enroll"))
    assert len(quality.questions) == KEPT
    assert quality.figures()["live_questions"] < KEPT
    assert quality.figures()["live_questions"] >= MOST_A_SECOND
    quality.begin()
    assert not quality.questions


def _state() -> LearnerState:
    learners = Learners(States(), 24)
    learners.apply(0, interaction("c0", "complete"))
    state = learners.states.get("l1")
    assert state is not None
    return state


def test_figures_are_means_of_the_newest(model: Model) -> None:
    """What was found is there for the model's metrics, between 0 and 1."""
    quality = LiveQuality(lambda: model)
    assert quality.figures() == {}
    quality.open = True
    quality.see(_state(), interaction("c2", "enroll"))
    found = quality.figures()
    assert 0 <= found["live_ndcg_at_20"] <= found["live_recall_at_20"] <= 1
    assert np.isfinite(list(found.values())).all()
