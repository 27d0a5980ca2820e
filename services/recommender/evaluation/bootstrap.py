"""Paired bootstrap intervals (Efron & Tibshirani 1993, percentile method).

The scored events are drawn with replacement, the same draws for every model, so that differences and
ratios of models have intervals of their own, in which what an event has of difficulty cancels out.
"""

from typing import NamedTuple

import numpy as np

from services.recommender.model.types import Doubles

DRAWS = 1_000
SEED = 1
LEVEL = 95.0


class Interval(NamedTuple):
    """A 95 % interval."""

    low: float
    high: float


def resampled_means(values: Doubles, *, draws: int = DRAWS, seed: int = SEED) -> Doubles:
    """Means of each column of values (events, columns) in each draw: (draws, columns)."""
    random = np.random.default_rng(seed)
    events = len(values)
    means = np.empty((draws, values.shape[1]))
    for draw in range(draws):
        times_drawn = np.bincount(random.integers(events, size=events), minlength=events)
        means[draw] = times_drawn @ values / events
    return means


def interval(samples: Doubles) -> Interval:
    """The middle 95 % of samples (draws,)."""
    low, high = np.percentile(samples, [(100 - LEVEL) / 2, (100 + LEVEL) / 2])
    return Interval(float(low), float(high))
