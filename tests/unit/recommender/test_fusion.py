"""Signals become one score by their standard scores."""

import numpy as np
import pytest

from services.recommender.domain.fusion import fuse

ROWS = np.arange(4)


def test_scales_do_not_matter() -> None:
    """The same signal in other units gives the same total."""
    scores = np.array([0.0, 1.0, 2.0, 5.0])
    small = fuse({"value": scores}, {"value": 1.0}, ROWS)
    large = fuse({"value": 1000 * scores + 7}, {"value": 1.0}, ROWS)
    assert small.total == pytest.approx(large.total)
    assert small.total.mean() == pytest.approx(0)
    assert small.total.std() == pytest.approx(1)


def test_weights_weigh() -> None:
    """Two opposed signals: the heavier decides, and the total is their weighted difference."""
    scores = np.array([0.0, 1.0, 2.0, 3.0])
    signals = {"value": scores, "trend": scores[::-1].copy()}
    fused = fuse(signals, {"value": 1.0, "trend": 0.25}, ROWS)
    alone = fuse({"value": scores}, {"value": 0.75}, ROWS)
    assert fused.total == pytest.approx(alone.total)
    assert np.argmax(fused.total) == 3


def test_a_signal_that_tells_none_from_another_has_no_vote() -> None:
    """Equal scores, rounding apart, say nothing, and nothing is divided by zero."""
    fused = fuse({"value": np.full(4, 0.1) + 1e-9 * ROWS}, {"value": 1.0}, ROWS)
    assert not fused.parts
    assert fused.scaled().tolist() == [1.0] * 4


def test_only_candidates_set_the_scale() -> None:
    """What cannot be recommended neither shifts the mean nor stretches the scores."""
    scores = np.array([0.0, 1.0, 2.0, 900.0])
    fused = fuse({"value": scores}, {"value": 1.0}, ROWS[:3])
    assert fused.total[:3] == pytest.approx(np.array([-1, 0, 1]) * 1.5**0.5)
    assert fused.scaled().tolist() == pytest.approx([0, 0.5, 1, 1])
