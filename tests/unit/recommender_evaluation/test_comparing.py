"""Comparisons of models, on outcomes that can be counted."""

import numpy as np
import pytest

from services.recommender.evaluation.comparing import accuracies, differences
from services.recommender.evaluation.running import NOWHERE, Outcome

EVERY = np.ones(400, bool)


def outcome(name: str, hits: int) -> Outcome:
    """Of 400 events the first `hits` are hit at the first place."""
    place = np.where(np.arange(400) < hits, 0, NOWHERE)
    return Outcome(name, place, place[:, None], 0.0, 0.0)


def test_differences_and_ratios_are_of_means() -> None:
    """0.5 beside 0.25; the other way round it is the negative and the inverse."""
    found = differences([outcome("a", 200), outcome("b", 100)], EVERY)
    assert found["a"]["b"].recall == pytest.approx(0.25)
    assert found["a"]["b"].recall_ratio == pytest.approx(2)
    assert found["b"]["a"].ndcg == pytest.approx(-0.25)
    assert found["b"]["a"].ndcg_ratio == pytest.approx(0.5)


def test_a_better_model_has_an_interval_above_zero() -> None:
    """Paired: 4 events of 400 more are certain, though each model's own interval is three times as wide."""
    found = differences([outcome("a", 204), outcome("b", 196)], EVERY)["a"]["b"]
    assert 0 < found.recall_ci.low < 0.02 < found.recall_ci.high < 0.04
    own = accuracies([outcome("a", 204)], EVERY)["a"].recall_ci
    assert own is not None
    assert own.high - own.low > 2 * (found.recall_ci.high - found.recall_ci.low)


def test_nothing_divides_by_zero() -> None:
    """A model that never hits has no ratio to it."""
    found = differences([outcome("a", 100), outcome("b", 0)], EVERY)["a"]["b"]
    assert (found.recall_ratio, found.recall_ratio_ci) == (None, None)


def test_no_events_are_no_accuracy() -> None:
    """Rather than a mean of nothing."""
    nobody = ~EVERY
    assert accuracies([outcome("a", 9)], nobody)["a"].recall is None
    assert differences([outcome("a", 9), outcome("b", 8)], nobody) == {}
