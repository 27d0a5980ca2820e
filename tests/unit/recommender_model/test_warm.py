"""Fits that go on from the live factors."""

from pathlib import Path

import numpy as np
import pytest

from libs.common.contracts.redis_values import LearnerState
from services.recommender.model.live import Start
from services.recommender.model.training import Tuning
from services.recommender.trainer import fitting
from services.recommender.trainer.archive import Archive
from services.recommender.trainer.columns import Columns, Credentials, of_states
from services.recommender.trainer.fit import Job, fit, train_on
from services.recommender.trainer.matrix import matrix_of

TUNING = Tuning(factors=4, alpha=10.0, regularization=1.0, iterations=15)


def _columns(credentials: Credentials) -> Columns:
    """Forty learners of two tastes, in a random order each."""
    random = np.random.default_rng(2)
    states = []
    for learner in range(40):
        liked = random.permutation(np.arange(learner % 2, 40, 2))[:12].tolist()
        kinds = {f"c{c}": {"complete": 1_000 + i} for i, c in enumerate(liked)}
        states.append((0, LearnerState(f"l{learner}", 0, interactions=kinds)))
    return of_states(states, credentials)


def _cosines(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    scale = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return (one * other).sum(axis=1) / scale


def test_a_warm_fit_stays_in_the_space_of_its_start() -> None:
    """From trained factors few sweeps change little, and a mirrored start stays mirrored."""
    matrix = matrix_of(_columns(Credentials()))
    factors, _ = train_on(matrix, TUNING, 1)
    warm, metrics = train_on(matrix, TUNING, 1, factors)
    assert _cosines(factors, warm).min() > 0.95
    mirrored, _ = train_on(matrix, TUNING, 1, -factors)
    assert _cosines(factors, mirrored).max() < -0.95
    assert metrics["recall_at_20"] == 1


@pytest.mark.parametrize(("alpha", "warm"), [(10.0, 1.0), (11.0, 0.0)])
def test_the_job_goes_on_from_factors_that_were_trained_alike(
    tmp_path: Path, alpha: float, warm: float
) -> None:
    """The start is used if factors, alpha and regularization are those of the fit; new credentials start from nothing."""
    credentials = Credentials()
    columns = _columns(credentials)
    archive = Archive(tmp_path / "archive")
    number = archive.save(columns, credentials.ids, {})
    factors, _ = train_on(matrix_of(columns), TUNING, 1)
    start = Start(-factors[:-3], alpha, 1.0)
    fitting.give_start(tmp_path / "start", start)
    fitting.give_start(tmp_path / "start", start)
    job = Job(
        archive=str(tmp_path / "archive"),
        number=number,
        result=str(tmp_path / "result"),
        start=str(tmp_path / "start"),
        parent=0,
        tuning=TUNING,
    )
    fit(job)
    fold, metrics = fitting.take_result(tmp_path / "result", len(credentials))
    assert metrics["warm"] == warm
    assert bool((_cosines(-factors, fold.factors) > 0.9).all()) is bool(warm)
