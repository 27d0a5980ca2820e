"""Intervals against their closed form, and what pairing buys."""

import numpy as np
import pytest

from services.recommender.evaluation.bootstrap import interval, resampled_means


def test_a_mean_has_its_normal_interval() -> None:
    """mean ± 1.96·s/√n, which the bootstrap of a mean tends to."""
    values = (np.arange(4_000) % 10 < 3).astype(float)[:, None]
    low, high = interval(resampled_means(values)[:, 0])
    half = 1.96 * np.sqrt(0.3 * 0.7 / 4_000)
    assert low == pytest.approx(0.3 - half, abs=0.1 * half)
    assert high == pytest.approx(0.3 + half, abs=0.1 * half)


def test_models_share_their_draws() -> None:
    """Two models that differ by a constant differ by it in every draw, however hard the events vary."""
    values = np.random.default_rng(2).random((500, 1))
    samples = resampled_means(np.hstack([values, values + 0.1]))
    assert np.allclose(samples[:, 1] - samples[:, 0], 0.1)
    assert np.ptp(samples[:, 0]) > 0.01


def test_the_same_seed_draws_the_same() -> None:
    """A report can be reproduced."""
    values = np.random.default_rng(3).random((100, 2))
    assert np.array_equal(resampled_means(values, draws=20), resampled_means(values, draws=20))
