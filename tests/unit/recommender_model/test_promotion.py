"""A new model is announced unless it is worse than the one in use on what neither has learned."""

from dataclasses import replace

import numpy as np
import pytest

from services.recommender.model.learned import Model
from services.recommender.model.live import Fold
from services.recommender.trainer.live_quality import Question
from services.recommender.trainer.promotion import LEAST_QUESTIONS, challenger_of, compare
from tests.unit.recommender_model.data import NOW, checkerboard, trained


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
    found = compare(model, challenger_of(model, damaged(model), model.item_ids), questions)
    assert (found.worse, found.reason) == (True, "worse")
    assert found.challenger < found.incumbent
    assert found.figures()["change_high"] < 0


def test_an_equal_challenger_is_not_worse(model: Model, questions: list[Question]) -> None:
    """The same factors give the same gains, and no interval below zero."""
    same = challenger_of(model, _fold(model, model.factors), model.item_ids)
    found = compare(model, same, questions)
    assert (found.challenger, found.worse) == (found.incumbent, False)
    assert found.reason == "not worse"


def test_a_better_challenger_is_not_worse(model: Model, questions: list[Question]) -> None:
    """A damaged incumbent is replaced."""
    incumbent = challenger_of(model, damaged(model), model.item_ids)
    found = compare(
        incumbent, challenger_of(incumbent, _fold(model, model.factors), model.item_ids), questions
    )
    assert found.low > 0
    assert (found.worse, found.reason) == (False, "better")


def test_few_questions_say_nothing(model: Model, questions: list[Question]) -> None:
    """Below the least number, and with none at all, the challenger is not called worse."""
    challenger = challenger_of(model, damaged(model), model.item_ids)
    few = compare(model, challenger, questions[: LEAST_QUESTIONS - 1])
    assert few.high < 0
    assert (few.worse, few.reason) == (False, f"fewer than {LEAST_QUESTIONS} questions")
    assert not compare(model, challenger, []).worse


def test_rows_are_matched_by_credential(model: Model) -> None:
    """A fit's rows may be in another order than the incumbent's; what it does not know keeps no factor."""
    order = np.random.default_rng(4).permutation(len(model.item_ids))[:-1]
    fold = _fold(model, model.factors[order])
    challenger = challenger_of(model, fold, [model.item_ids[row] for row in order])
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
