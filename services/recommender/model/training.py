"""Training the factors with `implicit`'s alternating least squares."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from msgspec import Meta, Struct
from scipy.sparse import csr_matrix

from libs.common.errors import InvalidRequest
from services.recommender.domain.fusion import WEIGHTS
from services.recommender.model.als import Floats, gram
from services.recommender.model.ragged import Ragged
from services.recommender.model.solve import solve

Positive = Annotated[float, Meta(gt=0)]
DENSE = 30
"""Interactions per credential from which twice the factors pay."""
Progress = Callable[[int], None]
"""Called after each sweep with its number, from 1."""


class Tuning(Struct, frozen=True, kw_only=True):
    """What ALS is trained with; implicit's own defaults are a bad model (model.md)."""

    factors: Annotated[int, Meta(ge=1, le=1024)]
    alpha: Positive
    regularization: Positive
    iterations: Annotated[int, Meta(ge=1)]


class Tuned(Struct, frozen=True, kw_only=True):
    """A settings file, as `tune` writes it and the trainer reads it (STACKWISE_TRAIN_SETTINGS).

    weights: what the learned signals weigh in the ranking, by signal; the others keep theirs.
    ndcg_at_20: what was measured with them, and with the defaults for the data's size.
    """

    tuning: Tuning
    weights: dict[str, Annotated[float, Meta(ge=0)]]
    ndcg_at_20: dict[str, float] = {}

    def __post_init__(self) -> None:
        if unknown := self.weights.keys() - WEIGHTS:
            raise ValueError(f"no such signal: {', '.join(sorted(unknown))}")


def read_tuned(path: Path) -> Tuned:
    """Raises InvalidRequest naming what is wrong, or OSError."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Tuned)
    except msgspec.DecodeError as error:
        raise InvalidRequest(f"{path}: {error}") from error


def tuning_for(learners: int, credentials: int, interactions: int) -> Tuning:
    """Settings by the size of the data; never more factors than learners or credentials.

    The more interactions a credential has, the more factors it can bear, and they need more
    regularization. Measured on COCO (14 interactions a credential: 64 factors) and MOOCCubeX (39: 128).
    """
    density = interactions / max(credentials, 1)
    wanted = next(
        factors
        for least, factors in ((100_000, 64), (10_000, 32), (2_000, 16), (0, 8))
        if interactions >= least
    )
    factors = max(1, min(wanted * 2 if density >= DENSE else wanted, learners, credentials))
    return Tuning(
        factors=factors,
        alpha=30.0,
        regularization=max(1.0, 30.0 * (factors / 64) ** 0.75),
        iterations=15,
    )


def train(
    weights: csr_matrix,
    tuning: Tuning,
    *,
    progress: Progress,
    start: tuple[Floats, Floats] | None = None,
    threads: int = 1,
    seed: int = 1,
) -> tuple[Floats, Floats]:
    """Learner factors (learners, f) and credential factors (credentials, f) of a learners × credentials matrix.

    start: factors to go on from, instead of random ones (a warm sweep).
    """
    als = AlternatingLeastSquares(
        factors=tuning.factors,
        regularization=tuning.regularization,
        alpha=tuning.alpha,
        iterations=tuning.iterations,
        num_threads=threads,
        random_state=seed,
    )
    if start is not None:
        als.user_factors, als.item_factors = (factors.copy() for factors in start)

    def swept(iteration: int, _seconds: float, _loss: float | None) -> None:
        progress(iteration + 1)

    als.fit(weights.astype(np.float32), show_progress=False, callback=swept)
    return als.user_factors, als.item_factors


def learners_of(weights: csr_matrix, credentials: Floats, tuning: Tuning) -> Floats:
    """The learner factors (learners, f) that credential factors (credentials, f) make of the matrix: half a sweep."""
    count, rows = weights.shape[0], weights.tocoo()
    histories = Ragged()
    histories.fill(rows.row, rows.col, rows.data, count)
    return solve(
        np.zeros((count, credentials.shape[1]), np.float32),
        np.arange(count),
        histories,
        credentials,
        gram(credentials).astype(np.float64),
        alpha=tuning.alpha,
        regularization=tuning.regularization,
    )
