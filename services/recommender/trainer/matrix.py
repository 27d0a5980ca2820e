"""The training matrix, and what is held out of it to see how good the model is."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from services.recommender.trainer.columns import Columns
from services.recommender.trainer.taste_rows import TasteRows, taste_rows

LEAST_HISTORY = 3
"""A learner whose last credential is held out keeps at least one fewer than this to be known by."""
MOST_ASKED = 2_000
MOST_ASKED_SHARE = 0.1


class Matrix(NamedTuple):
    """weights: learners × credentials, both only those with a taste. items: each column's credential row.

    rows: the tastes behind it, by learner and then newest first, learner and credential as row and column.
    """

    weights: csr_matrix
    items: NDArray[np.int64]
    rows: TasteRows


class HeldOut(NamedTuple):
    """learners (q,): rows of the matrix; last (q,): the column of each one's last credential."""

    learners: NDArray[np.int64]
    last: NDArray[np.int64]


def matrix_of(columns: Columns) -> Matrix:
    """The matrix of every learner's tastes; consent is in the columns: without it there are none."""
    blocks = list(taste_rows(columns))
    if not blocks:
        blocks = [TasteRows._make(np.zeros((len(TasteRows._fields), 0), np.int64))]
    whole = TasteRows._make(map(np.concatenate, zip(*blocks, strict=True)))
    order = np.lexsort((-whole.at, whole.learner))
    _, learner = np.unique(whole.learner[order], return_inverse=True)
    items, column = np.unique(whole.credential[order], return_inverse=True)
    rows = TasteRows(learner, column, whole.weight[order], whole.at[order])
    return Matrix(_csr(rows, len(items)), items, rows)


def hold_out(matrix: Matrix, random: np.random.Generator) -> HeldOut:
    """The last credential of a sample of the learners with a history."""
    first = np.flatnonzero(np.diff(matrix.rows.learner, prepend=-1))
    length = np.diff(first, append=len(matrix.rows.learner))
    candidates = np.flatnonzero(length >= LEAST_HISTORY)
    size = min(len(candidates), MOST_ASKED, max(1, int(MOST_ASKED_SHARE * len(first))))
    learners = np.sort(random.choice(candidates, size, replace=False)) if size else candidates
    return HeldOut(learners, matrix.rows.credential[first[learners]])


def without(matrix: Matrix, held_out: HeldOut) -> csr_matrix:
    """The matrix's weights without what is held out; same shape."""
    first = np.searchsorted(matrix.rows.learner, held_out.learners)
    kept = np.ones(len(matrix.rows.learner), bool)
    kept[first] = False
    rows = TasteRows._make(part[kept] for part in matrix.rows)
    return _csr(rows, len(matrix.items), matrix.weights.shape[0])


def history_of(matrix: Matrix, learner: int) -> list[tuple[int, float]]:
    """The learner's columns and weights, the newest first."""
    start, stop = np.searchsorted(matrix.rows.learner, (learner, learner + 1))
    part = slice(int(start), int(stop))
    columns, weights = matrix.rows.credential[part].tolist(), matrix.rows.weight[part].tolist()
    return list(zip(columns, weights, strict=True))


def _csr(rows: TasteRows, items: int, learners: int | None = None) -> csr_matrix:
    if learners is None:
        learners = int(rows.learner[-1]) + 1 if len(rows.learner) else 0
    ends = np.searchsorted(rows.learner, np.arange(learners + 1))
    return csr_matrix(
        (rows.weight.astype(np.float32), rows.credential.astype(np.int32), ends.astype(np.int32)),
        shape=(learners, items),
    )
