"""Data with one obvious answer, and small models made of it."""

from datetime import UTC, datetime

import numpy as np
from scipy.sparse import csr_matrix

from services.recommender.model import als
from services.recommender.model.graph import edges
from services.recommender.model.histories import Histories
from services.recommender.model.learned import Model
from services.recommender.model.training import Tuning, train
from services.recommender.model.trend import NOTHING

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TUNING = Tuning(factors=6, alpha=2.0, regularization=0.1, iterations=20)


def checkerboard(size: int = 50) -> csr_matrix:
    """implicit's checkerboard: learner i likes every credential of their own parity but the i-th."""
    board = np.zeros((size, size), np.float32)
    for learner in range(size):
        board[learner, learner % 2 :: 2] = 1
        board[learner, learner] = 0
    return csr_matrix(board)


def trained(weights: csr_matrix, tuning: Tuning = TUNING, version: str = "v1") -> Model:
    """A model of the matrix; its credentials are `c0`, `c1`, …"""
    _, factors = train(weights, tuning, progress=lambda sweep: None)
    rows = weights.tocoo()
    histories = Histories()
    histories.fill(rows.row, rows.col, rows.data, weights.shape[0])
    ids = [f"c{row}" for row in range(weights.shape[1])]
    together, follows = edges(histories, np.arange(len(ids)))
    return Model(
        version=version,
        trained_at=NOW,
        item_ids=ids,
        index={item: row for row, item in enumerate(ids)},
        factors=factors,
        gram=als.gram(factors).astype(float),
        together=together,
        follows=follows,
        support=np.asarray((weights > 0).sum(axis=0)).ravel().astype(np.int32),
        trends=np.full(len(ids), NOTHING),
        alpha=tuning.alpha,
        regularization=tuning.regularization,
        half_life_hours=24,
    )
