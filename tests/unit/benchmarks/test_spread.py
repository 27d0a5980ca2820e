"""What the benchmarks make of their times."""

import pytest

from tests.benchmarks.spread import Spread, median_ratio, ratio, spread


def test_quantiles_are_times_that_were_measured() -> None:
    """The nearest rank of a hundred times is one of them, in milliseconds, in whatever order they came."""
    seconds = [number / 1000 for number in range(100, 0, -1)]
    assert spread(seconds) == Spread(count=100, p50=50.0, p99=99.0, max=100.0)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [([0.0012345], Spread(1, 1.234, 1.234, 1.234)), ([0.001, 0.009], Spread(2, 1.0, 9.0, 9.0))],
)
def test_few_times_have_quantiles_too(seconds: list[float], expected: Spread) -> None:
    """One time is all of its quantiles; of two the lower is the median."""
    assert spread(seconds) == expected


def test_nothing_measured_is_not_zero() -> None:
    """Without a time there is no quantile and no ratio that could be taken for a good one."""
    assert spread([]) is None
    assert ratio(None, 2.0) is None
    assert ratio(3.0, None) is None
    assert ratio(3.0, 0.0) is None
    assert median_ratio([], []) is None


def test_a_busy_round_moves_the_ratio_little() -> None:
    """Ratios are taken within a round, and their median is the answer."""
    assert median_ratio([150, 900, 160], [100, 600, 20]) == 1.5


def test_rounds_are_never_mixed_up() -> None:
    """A case with a round too few is a mistake, not a ratio."""
    with pytest.raises(ValueError, match="shorter"):
        median_ratio([1.0, 2.0], [1.0])
