"""Trained by Spark and trained by `implicit` on the same data: as good as each other."""

import csv
import gzip
from pathlib import Path

import numpy as np
import psutil
import pytest

from libs.common.contracts.redis_values import LearnerState
from services.recommender.model import spark
from services.recommender.model.training import Tuning, train
from services.recommender.trainer.columns import Credentials, of_states
from services.recommender.trainer.matrix import (
    LEAST_HISTORY,
    HeldOut,
    Matrix,
    matrix_of,
    without,
)
from services.recommender.trainer.quality import quality
from tests.spark.master import LOCAL
from tests.support.shared_data import shared

TUNING = Tuning(factors=64, alpha=30.0, regularization=30.0, iterations=15)
AT_MOST = 0.03


@pytest.fixture(scope="module")
def enrolments() -> Matrix:
    """10,000 learners' enrolments, as the trainer's archive has them."""
    return matrix_of(of_states(_states(shared("mooccubex_sample")), Credentials()))


def _states(folder: Path) -> list[tuple[int, LearnerState]]:
    learners: dict[str, dict[str, dict[str, int]]] = {}
    with gzip.open(folder / "enrolments_10k_learners.csv.gz", "rt") as file:
        for row in csv.DictReader(file):
            own = learners.setdefault(row["learner_id"], {})
            own[row["credential_id"]] = {"enroll": int(row["position"])}
    return [(0, LearnerState(key, 0, interactions=own)) for key, own in learners.items()]


def _last_of_everyone(matrix: Matrix) -> HeldOut:
    first = np.flatnonzero(np.diff(matrix.rows.learner, prepend=-1))
    length = np.diff(first, append=len(matrix.rows.learner))
    learners = np.flatnonzero(length >= LEAST_HISTORY)
    return HeldOut(learners, matrix.rows.credential[first[learners]])


def _listening() -> list[str]:
    """The addresses on which Spark's virtual machine listens."""
    [machine] = [
        each for each in psutil.Process().children(recursive=True) if each.name() == "java"
    ]
    found = [each.laddr.ip for each in machine.net_connections() if each.status == "LISTEN"]
    return [address.removeprefix("::ffff:") for address in found]


def test_spark_and_implicit_rank_equally_well(enrolments: Matrix) -> None:
    """Asked for what each learner took up last, both are within 3 % in NDCG@20 and Recall@20 with one tuning;
    Spark listens on loopback only."""
    held_out = _last_of_everyone(enrolments)
    part = without(enrolments, held_out)
    assert len(held_out.learners) > 9_000
    _, factors = train(part, TUNING, progress=lambda _sweep: None)
    of_implicit = quality(enrolments, held_out, factors, TUNING)
    with spark.session(LOCAL) as session:
        assert _listening()
        assert all(address.startswith("127.") for address in _listening())
        of_spark = quality(enrolments, held_out, spark.train(session, part, TUNING), TUNING)
    for name in ("ndcg_at_20", "recall_at_20"):
        assert of_spark[name] == pytest.approx(of_implicit[name], rel=AT_MOST), (
            of_spark,
            of_implicit,
        )
        assert of_spark[name] > 2 * of_spark[f"popularity_{name}"]
