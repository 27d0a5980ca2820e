"""A fit on a Spark master: everything of the fit but the factorisation is as on one machine."""

import os
import shutil
from importlib.util import find_spec

import numpy as np

from libs.common.errors import InvalidRequest
from services.recommender.model.als import Floats
from services.recommender.model.training import Tuning
from services.recommender.trainer.matrix import Matrix, hold_out, without
from services.recommender.trainer.quality import quality

PACKAGES = ("pyspark", "pyarrow")


def check_spark() -> None:
    """Raises InvalidRequest when Spark cannot be started here."""
    if missing := [package for package in PACKAGES if find_spec(package) is None]:
        raise InvalidRequest(
            f"STACKWISE_TRAIN_SPARK_MASTER needs {' and '.join(missing)}: install requirements-spark.lock"
        )
    if "JAVA_HOME" not in os.environ and shutil.which("java") is None:
        raise InvalidRequest(
            "STACKWISE_TRAIN_SPARK_MASTER needs Java 17 or newer: there is no java"
        )


def train_on_spark(matrix: Matrix, tuning: Tuning, master: str) -> tuple[Floats, dict[str, float]]:
    """Trains without what is held out, measures, and trains with it: Spark's ALS always begins anew."""
    from services.recommender.model import spark

    held_out = hold_out(matrix, np.random.default_rng(1))
    with spark.session(master) as session:
        first = spark.train(session, without(matrix, held_out), tuning)
        metrics = quality(matrix, held_out, first, tuning)
        return spark.train(session, matrix.weights, tuning), metrics
