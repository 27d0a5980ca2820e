"""Quantiles of what was measured."""

import math
from collections.abc import Sequence
from statistics import median

from msgspec import Struct


class Spread(Struct, frozen=True):
    """Nearest-rank quantiles of `count` times, in milliseconds."""

    count: int
    p50: float
    p99: float
    max: float


def spread(seconds: Sequence[float]) -> Spread | None:
    """The spread of times in seconds; None of none."""
    if not seconds:
        return None
    ordered = sorted(seconds)
    p50, p99 = _quantile(ordered, 0.5), _quantile(ordered, 0.99)
    return Spread(len(ordered), _milliseconds(p50), _milliseconds(p99), _milliseconds(ordered[-1]))


def ratio(measured: float | None, ceiling: float | None) -> float | None:
    """How many times the ceiling; None where either is unknown or the ceiling is nothing."""
    return None if measured is None or not ceiling else round(measured / ceiling, 3)


def median_ratio(measured: Sequence[float], ceiling: Sequence[float]) -> float | None:
    """The median over rounds of the ratio within the round, which a busy moment moves least."""
    ratios = [r for pair in zip(measured, ceiling, strict=True) if (r := ratio(*pair)) is not None]
    return round(median(ratios), 3) if ratios else None


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 3)
