"""A new model is announced unless it is worse than the one in use on what neither has learned."""

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from libs.common.contracts.profile import Interaction
from services.recommender.model.learned import Model
from services.recommender.model.live import Fold
from services.recommender.model.store import ModelStore
from services.recommender.trainer import fitting
from services.recommender.trainer.fitting import FitFailed, take_result
from services.recommender.trainer.live_quality import Question
from services.recommender.trainer.promotion import (
    LEAST_QUESTIONS,
    PARKED,
    challenger_of,
    compare,
)
from services.recommender.trainer.schedule import Schedule
from tests.unit.recommender_model.conftest import Bench
from tests.unit.recommender_model.data import NOW, checkerboard, trained
from tests.unit.recommender_model.events import interaction
from tests.unit.recommender_model.test_trainer import recommends_its_kind, two_tastes
from tests.unit.recommender_model.waiting import until


@pytest.fixture(scope="module")
def model() -> Model:
    return trained(checkerboard())


@pytest.fixture(scope="module")
def questions() -> list[Question]:
    """Learners of either parity who take up another credential of theirs."""
    found = []
    for number in range(2 * LEAST_QUESTIONS):
        own = [f"c{row}" for row in range(number % 2, 50, 2)]
        wanted = own.pop(number % len(own))
        found.append(Question([(each, 1.0) for each in own], own, wanted, NOW))
    return found


def damaged(model: Model) -> Fold:
    """The model's factors, each with another credential."""
    shuffled = np.random.default_rng(3).permutation(model.factors)
    return _fold(model, shuffled)


def _fold(model: Model, factors: np.ndarray) -> Fold:
    rows = np.arange(len(factors))
    return Fold(factors, rows, model.alpha, model.regularization, np.zeros_like(factors))


def test_a_damaged_challenger_is_worse(model: Model, questions: list[Question]) -> None:
    """Factors of other credentials are found out."""
    found = compare(model, challenger_of(model, damaged(model), model.item_ids, {}), questions)
    assert (found.worse, found.reason) == (True, "worse")
    assert found.challenger < found.incumbent
    assert found.figures()["change_high"] < 0


def test_an_equal_challenger_is_not_worse(model: Model, questions: list[Question]) -> None:
    """The same factors give the same gains, and no interval below zero."""
    same = challenger_of(model, _fold(model, model.factors), model.item_ids, {})
    found = compare(model, same, questions)
    assert (found.challenger, found.worse) == (found.incumbent, False)
    assert found.reason == "not worse"


def test_a_better_challenger_is_not_worse(model: Model, questions: list[Question]) -> None:
    """A damaged incumbent is replaced."""
    incumbent = challenger_of(model, damaged(model), model.item_ids, {})
    found = compare(
        incumbent,
        challenger_of(incumbent, _fold(model, model.factors), model.item_ids, {}),
        questions,
    )
    assert found.low > 0
    assert (found.worse, found.reason) == (False, "better")


def test_few_questions_say_nothing(model: Model, questions: list[Question]) -> None:
    """Below the least number, and with none at all, the challenger is not called worse."""
    challenger = challenger_of(model, damaged(model), model.item_ids, {})
    few = compare(model, challenger, questions[: LEAST_QUESTIONS - 1])
    assert few.high < 0
    assert (few.worse, few.reason) == (False, f"fewer than {LEAST_QUESTIONS} questions")
    assert not compare(model, challenger, []).worse


def test_rows_are_matched_by_credential(model: Model) -> None:
    """A fit's rows may be in another order than the incumbent's; what it does not know keeps no factor."""
    order = np.random.default_rng(4).permutation(len(model.item_ids))[:-1]
    fold = _fold(model, model.factors[order])
    challenger = challenger_of(model, fold, [model.item_ids[row] for row in order], {})
    assert challenger.factors[order] == pytest.approx(model.factors[order])
    assert np.count_nonzero(challenger.factors.any(axis=1)) == len(order)


def test_a_copy_stays_as_it_is(model: Model) -> None:
    """What moves later does not move the copy."""
    moving = replace(model).copy()
    kept = moving.copy()
    moving.factors[:] = 0
    moving.trends[:] = 5
    assert kept.factors == pytest.approx(model.factors)
    assert kept.trends == pytest.approx(model.trends)


async def test_a_damaged_fit_is_stored_and_the_model_in_use_goes_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Followers never see it; it is listed with its comparison, and comes into force only when it is asked for."""
    monkeypatch.setattr(Schedule, "LEAST_REST", 0.1)
    monkeypatch.setattr(Schedule, "REST", 0.0)
    store, follower = ModelStore(bench.settings().model_store), await bench.follower()
    damaging, asked = threading.Event(), threading.Event()

    def damaged(path: Path, credentials: int) -> tuple[Fold, dict[str, float]]:
        if damaging.is_set():
            raise FitFailed("one is enough")
        damaging.set()
        assert asked.wait(60)
        fold, found = take_result(path, credentials)
        return fold._replace(factors=np.random.default_rng(3).permutation(fold.factors)), found

    async with bench.trainer(train_minimum=200, train_after_events=100) as trainer:
        await bench.log.send(*two_tastes())
        learned = len(two_tastes())
        await until(lambda: trainer._training.events_at_fit == learned, seconds=120)
        await until(lambda: trainer._fitting is None, seconds=120)
        await until(lambda: recommends_its_kind(follower.model))
        monkeypatch.setattr(fitting, "take_result", damaged)
        in_use = store.current()
        assert in_use is not None
        await bench.log.send(*of_two_tastes(range(40)))
        await until(damaging.is_set)
        await bench.log.send(*of_two_tastes(range(40, 80)))
        await until(lambda: trainer._learners.events == learned + 2 * 160)
        asked.set()
        await until(lambda: PARKED in store.versions()[0].metrics)
        parked = store.versions()[0]
        assert parked.metrics["compared_questions"] == 120
        assert parked.metrics["change_high"] < 0
        assert parked.metrics["live_questions"] > 0
        assert parked.metrics["learners"] == 80
        assert store.current() == in_use
        assert follower.model is not None
        assert follower.model.version == in_use.version
        assert recommends_its_kind(follower.model)
        store.ask_rollback(parked.version)
        await until(lambda: follower.model is not None and follower.model.version == parked.version)


def of_two_tastes(numbers: range) -> list[Interaction]:
    """Learners who each complete four credentials of their parity."""
    return [
        interaction(f"n{number}", f"c{(number + 2 * step) % 40}", "complete", step)
        for number in numbers
        for step in range(4)
    ]
