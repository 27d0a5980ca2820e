"""Signals become one score by their standard scores."""

import numpy as np
import pytest

from services.recommender.domain.fusion import fuse

ROWS = np.arange(4)


def test_scales_do_not_matter() -> None:
    """The same signal in other units gives the same total."""
    scores = np.array([0.0, 1.0, 2.0, 5.0])
    small = fuse({"value": scores}, {"value": 1.0})
    large = fuse({"value": 1000 * scores + 7}, {"value": 1.0})
    assert small.total == pytest.approx(large.total)
    assert small.total.mean() == pytest.approx(0)
    assert small.total.std() == pytest.approx(1)


def test_weights_weigh() -> None:
    """Two opposed signals: the heavier decides, and the total is their weighted difference."""
    scores = np.array([0.0, 1.0, 2.0, 3.0])
    signals = {"value": scores, "trend": scores[::-1].copy()}
    fused = fuse(signals, {"value": 1.0, "trend": 0.25})
    alone = fuse({"value": scores}, {"value": 0.75})
    assert fused.total == pytest.approx(alone.total)
    assert np.argmax(fused.total) == 3


def test_a_signal_that_tells_none_from_another_has_no_vote() -> None:
    """Equal scores, rounding apart, say nothing, and nothing is divided by zero."""
    fused = fuse({"value": np.full(4, 0.1) + 1e-9 * ROWS}, {"value": 1.0})
    assert not fused.parts
    assert fused.scaled().tolist() == [1.0] * 4


def test_scaled_scores_reach_from_0_to_1() -> None:
    """The lowest candidate has 0, the highest 1, and the others keep their distances."""
    fused = fuse({"value": np.array([3.0, 1.0, 2.0])}, {"value": 1.0})
    assert fused.scaled().tolist() == pytest.approx([1, 0, 0.5])
