"""Live quality asks before it learns, once, and no more often than it may."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from prometheus_client import REGISTRY

from libs.common.contracts.profile import Interaction
from libs.common.contracts.redis_values import LearnerState
from services.recommender.model.learned import Model, empty
from services.recommender.trainer.learners import Learners
from services.recommender.trainer.live_metrics import WINDOW, Gains
from services.recommender.trainer.live_quality import (
    KEPT,
    SHARE,
    LiveQuality,
    Question,
    gain,
)
from services.recommender.trainer.states import States
from tests.unit.recommender_model.data import NOW, checkerboard, trained
from tests.unit.recommender_model.events import interaction as of_learner

NDCG_GAUGE = "stackwise_recommender_live_ndcg_at_20"


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
    learners, quality = Learners(States(), 24), _opened(model)
    events = [
        interaction("c0", "complete"),
        interaction("c2", "complete"),
        interaction("c2", "complete"),
    ]
    for event in events:
        quality.see(learners.states.get(event.learner_key), event)
        learners.apply(0, event)
    assert quality.figures()["live_questions"] == 1
    (asked,) = quality.end()
    assert asked.credential_id == "c2"
    assert [item for item, _ in asked.history] == ["c0"]
    assert asked.taken == ["c0"]


def test_applied_first_it_would_not_be_asked(model: Model) -> None:
    """Of a state that has the event already nothing is asked: the order in the trainer matters."""
    quality, learners = _opened(model), Learners(States(), 24)
    for event in (interaction("c0", "complete"), interaction("c2", "complete")):
        learners.apply(0, event)
        quality.see(learners.states.get(event.learner_key), event)
    assert quality.end() == []


@pytest.mark.parametrize("kind", ["view", "save", "dismiss", "withdraw"])
def test_only_taking_up_is_asked_about(model: Model, kind: str) -> None:
    """Looking and saving are no answer to what comes next."""
    quality = _opened(model)
    quality.see(_state(), interaction("c2", kind))
    assert quality.end() == []


def test_a_late_enrolment_that_was_given_up_is_not_asked_about(model: Model) -> None:
    """Whoever has withdrawn had taken it up: the enrolment that arrives after that is no news."""
    quality = _opened(model)
    quality.see(_state(interaction("c2", "withdraw")), interaction("c2", "enroll"))
    assert quality.end() == []


def test_nothing_is_asked_of_whom_nothing_may_be_known(model: Model) -> None:
    """Without a history, without consent, or under another consent."""
    quality = _opened(model)
    event = interaction("c2", "enroll")
    for state in (
        None,
        LearnerState(event.learner_key, _state().consent_changed_at),
        LearnerState(event.learner_key, _state().consent_changed_at, consented=False),
        LearnerState(event.learner_key, 1, interactions={"c0": {"complete": 5}}),
    ):
        quality.see(state, event)
    assert quality.end() == []


def test_a_log_read_again_is_no_news(model: Model) -> None:
    """Until the logs are caught up with nothing is asked."""
    quality = _opened(model)
    quality.open = False
    quality.see(_state(), interaction("c2", "enroll"))
    assert quality.end() == []
    assert quality.figures() == {}


def test_memory_is_bounded(model: Model) -> None:
    """However many events come, so many questions are kept, and only while a fit will be compared."""
    quality, state = _opened(model), _state()
    for place in range(KEPT + 10):
        quality.see(state, interaction(f"c{2 + place % 40}", "enroll"))
    kept = quality.end()
    assert len(kept) == KEPT
    assert kept[-1].credential_id == f"c{2 + (KEPT + 9) % 40}"
    quality.see(state, interaction("c2", "enroll"))
    assert quality.end() == []


def test_time_is_bounded(model: Model) -> None:
    """In each second it asks until its share is used up; what it did not ask is counted, and kept to compare by."""
    now = 0.0

    def timer() -> float:  # whatever takes time takes 0.02 s
        nonlocal now
        now += 0.02
        return now

    quality, state, before = _opened(model, timer), _state(), _count("no_time")
    while now < 0.9:
        quality.see(state, interaction("c2", "enroll"))
    asked = quality.figures()["live_questions"]
    assert asked == -(-SHARE // 0.02)
    assert _count("no_time") - before == len(quality.end()) - asked > 0
    now = 1.0
    quality.see(state, interaction("c2", "enroll"))
    assert quality.figures()["live_questions"] == asked + 1


@pytest.mark.parametrize("before_any", [None, empty("first", NOW, 24)])
def test_before_the_first_training_nothing_is_asked(before_any: Model | None) -> None:
    """It would say nothing of the models to come; that it is not asked is seen."""
    quality, before = LiveQuality(lambda: before_any), _count("no_model")
    quality.open = True
    quality.see(_state(), interaction("c2", "enroll"))
    assert quality.figures() == {}
    assert _count("no_model") == before + 1


def test_figures_are_means_of_the_newest(model: Model) -> None:
    """A model that knows gives 1 beside the trend's lower figure; what fell out of the window no longer counts."""
    quality = _opened(model)
    assert quality.figures() == {}
    evens = [interaction(f"c{row}", "complete") for row in range(0, 48, 2)]
    quality.see(_state(*evens), interaction("c48", "enroll"))
    found = quality.figures()
    assert (found["live_ndcg_at_20"], found["live_recall_at_20"]) == (1, 1)
    assert found["live_trend_ndcg_at_20"] < 1
    shown = [REGISTRY.get_sample_value(NDCG_GAUGE, {"ranking": r}) for r in ("stackwise", "trend")]
    assert shown == [1, pytest.approx(found["live_trend_ndcg_at_20"], abs=1e-4)]
    gains = Gains()
    gains.add(1.0, 1.0)
    for _ in range(WINDOW):
        gains.add(0.0, 0.5)
    assert gains.figures()["live_questions"] == WINDOW
    assert gains.figures()["live_ndcg_at_20"] == 0


def test_a_model_that_cannot_be_asked_ranks_nothing(model: Model) -> None:
    """A matrix that cannot be solved ends neither the trainer nor a comparison."""
    broken = replace(model, gram=-1000 * np.eye(len(model.gram)))
    assert gain(broken, question(["c0"], "c2")) == 0


def _opened(model: Model, timer: Callable[[], float] = lambda: 0.0) -> LiveQuality:
    quality = LiveQuality(lambda: model, timer)
    quality.open = True
    quality.begin()
    return quality


def _count(outcome: str) -> float:
    name = "stackwise_recommender_live_questions_total"
    return REGISTRY.get_sample_value(name, {"outcome": outcome}) or 0.0


def _state(*events: Interaction) -> LearnerState:
    learners = Learners(States(), 24)
    for event in (interaction("c0", "complete"), *events):
        learners.apply(0, event)
    state = learners.states.get("l1")
    assert state is not None
    return state
