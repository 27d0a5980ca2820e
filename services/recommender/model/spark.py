"""Training the factors with Spark's alternating least squares, for interactions that have outgrown one machine.

It minimises what `implicit` does (Hu, Koren, Volinsky 2008), with two differences that are evened out here:

- Its confidence in a rating r is 1 + α·r, `implicit`'s is α·r. So α is 1 and r the confidence less one.
- It multiplies λ with a row's number of ratings (ALS-WR, Zhou et al. 2008), so that those with many are held back
  more. What makes learners larger may make credentials smaller: only the product of both sides' λ counts.
  λ / √(n̄ m̄), with n̄ and m̄ the mean numbers of ratings of learners and credentials, leaves that product λ².
  The credentials' factors are then scaled such that the mean learner's own λ is the tuning's, with which workers fold in.

Needs the packages of requirements-spark.lock, and Java.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
from pyspark.ml.recommendation import ALS
from pyspark.sql import SparkSession
from scipy.sparse import csr_matrix

from services.recommender.model.als import Floats
from services.recommender.model.training import Tuning

_LEAST_EXTRA = 1e-3
"""An observed cell counts a little more than an unobserved one: Spark takes a rating of 0 for a dislike."""
_LOOPBACK = "127.0.0.1"


@contextmanager
def session(master: str) -> Iterator[SparkSession]:
    """A session on a Spark master (`local[2]`, `spark://…`, `k8s://…`), stopped again.

    Spark's own files and variables (`SPARK_CONF_DIR`) say the rest. It serves no page; a local one talks to itself only.
    """
    builder = (
        SparkSession.builder.master(master)
        .appName("stackwise-fit")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.log.level", "ERROR")
    )
    if master.startswith("local"):
        builder = builder.config("spark.driver.bindAddress", _LOOPBACK)
        builder = builder.config("spark.driver.host", _LOOPBACK)
    opened = builder.getOrCreate()
    try:
        yield opened
    finally:
        opened.stop()


def train(spark: SparkSession, weights: csr_matrix, tuning: Tuning, seed: int = 1) -> Floats:
    """Credential factors (credentials, f) of a learners × credentials matrix, 0 where a credential has no weight."""
    factors = np.zeros((weights.shape[1], tuning.factors), np.float32)
    if not weights.nnz:
        return factors
    cells = weights.tocoo()
    per_learner, per_credential = _mean_count(cells.row), _mean_count(cells.col)
    strength = tuning.regularization / np.sqrt(per_learner * per_credential)
    ratings = np.maximum(tuning.alpha * cells.data - 1, _LEAST_EXTRA)
    table = pa.table(
        {
            "learner": cells.row.astype(np.int32),
            "credential": cells.col.astype(np.int32),
            "rating": ratings.astype(np.float32),
        }
    )
    blocks = spark.sparkContext.defaultParallelism
    als = ALS(
        rank=tuning.factors,
        maxIter=tuning.iterations,
        regParam=float(strength),
        implicitPrefs=True,
        alpha=1.0,
        userCol="learner",
        itemCol="credential",
        ratingCol="rating",
        numUserBlocks=blocks,
        numItemBlocks=blocks,
        seed=seed,
    )
    found = als.fit(spark.createDataFrame(table)).itemFactors.toArrow()
    learners_own = strength * per_learner
    factors[found["id"].to_numpy()] = np.stack(
        found["features"].to_numpy(zero_copy_only=False)
    ) / np.sqrt(learners_own / tuning.regularization)
    return factors


def _mean_count(of: np.ndarray) -> float:
    """How many cells those have on average that have any."""
    return len(of) / len(np.unique(of))
