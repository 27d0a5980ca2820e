from datetime import timedelta

import numpy as np
import pytest

from libs.common.contracts.types import milliseconds
from services.recommender.model.trend import NOTHING, TrendSums, counts
from tests.unit.recommender_model.data import NOW

HOUR = 3_600_000
T0 = milliseconds(NOW)


def _add(sums: TrendSums, *events: tuple[int, float, int]) -> None:
    rows, weights, times = zip(*events, strict=True)
    sums.add(np.array(rows), np.array(weights, float), np.array(times))


def _counts(sums: TrendSums, rows: int, at: int) -> list[float]:
    return counts(sums.logs(rows), at, half_life_hours=10).tolist()


def test_a_count_halves_every_half_life() -> None:
    """After one half-life an interaction counts half, whatever came in between."""
    sums = TrendSums(half_life_hours=10)
    _add(sums, (0, 1, T0), (0, 1, T0 + 10 * HOUR), (1, 4, T0))
    assert _counts(sums, 2, T0 + 10 * HOUR) == pytest.approx([1.5, 2])


def test_order_does_not_matter() -> None:
    """Late events leave the same counts as events in order."""
    events = [(row, 1.0, T0 + hours * HOUR) for row in range(3) for hours in (-5000, 0, 7, 900)]
    forwards, backwards = TrendSums(10), TrendSums(10)
    for event in events:
        _add(forwards, event)
    for event in reversed(events):
        _add(backwards, event)
    np.testing.assert_allclose(forwards.logs(3), backwards.logs(3))


def test_what_was_added_can_be_taken_away() -> None:
    """When every term of a row is taken away again, nothing of it is left, not even rounding."""
    sums = TrendSums(10)
    terms = [(0, 0.3 + i, T0 + i * HOUR) for i in range(500)]
    for term in terms:
        _add(sums, term)
    for row, weight, at in terms:
        _add(sums, (row, -weight, at))
    assert sums.logs(1).tolist() == [NOTHING]
    assert _counts(sums, 1, T0 + 500 * HOUR) == [0]


def test_a_log_does_not_change_because_time_passes() -> None:
    """Only rows with new interactions move, so only those need streaming."""
    sums = TrendSums(10)
    _add(sums, (0, 1, T0))
    before = sums.logs(1)[0]
    _add(sums, (1, 1, milliseconds(NOW + timedelta(days=300))))
    assert sums.logs(2)[0] == NOTHING or sums.logs(2)[0] == pytest.approx(before)


def test_what_nobody_took_up_counts_nothing_near_the_epoch() -> None:
    """Clocks that begin at 0 are as good as any."""
    sums = TrendSums(half_life_hours=10)
    _add(sums, (0, 1, 5_000))
    assert _counts(sums, 2, 5_000) == pytest.approx([1, 0])
