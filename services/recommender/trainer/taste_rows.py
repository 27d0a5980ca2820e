"""`domain.history.tastes` of many learners at once, from columns."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.recommender.domain.history import KIND_WEIGHTS, UNDONE_BY
from services.recommender.trainer.columns import CODES, KINDS, Columns

LEARNERS_AT_ONCE = 50_000
_WEIGHTS = np.array([KIND_WEIGHTS.get(kind, 0.0) for kind in KINDS])
_NEVER = np.iinfo(np.int64).min


class TasteRows(NamedTuple):
    """One row per learner and liked credential: the learner's place, the credential's row, weight, last time (ms)."""

    learner: NDArray[np.int64]
    credential: NDArray[np.int64]
    weight: NDArray[np.float64]
    at: NDArray[np.int64]


def taste_rows(columns: Columns) -> Iterator[TasteRows]:
    """The tastes of all learners, in blocks of learners, so that memory stays bounded."""
    for start in range(0, len(columns), LEARNERS_AT_ONCE):
        yield _block(columns, start, min(start + LEARNERS_AT_ONCE, len(columns)))


def _block(columns: Columns, start: int, stop: int) -> TasteRows:
    first = int(columns.ends[start - 1]) if start else 0
    ends = columns.ends[start:stop]
    rows = slice(first, int(ends[-1]))
    learner = np.repeat(np.arange(start, stop), np.diff(ends, prepend=first))
    credential, kind = columns.credential[rows].astype(np.int64), columns.kind[rows]
    if not len(learner):
        return TasteRows(learner, credential, np.zeros(0), np.zeros(0, np.int64))
    new = np.ones(len(learner), bool)
    new[1:] = (learner[1:] != learner[:-1]) | (credential[1:] != credential[:-1])
    times = np.full((int(new.sum()), len(KINDS)), _NEVER, np.int64)
    times[np.cumsum(new) - 1, kind] = columns.at[rows]
    liked = _liked(times)
    weight = (liked * _WEIGHTS).max(axis=1)
    counts = weight > 0
    return TasteRows(
        learner[new][counts],
        credential[new][counts],
        weight[counts],
        np.where(liked, times, _NEVER).max(axis=1)[counts],
    )


def _liked(times: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which kinds of each (learner, credential) count: those that nothing has undone."""
    liked: NDArray[np.bool_] = (times != _NEVER) & (_WEIGHTS > 0)
    for kind, undone_by in UNDONE_BY.items():
        liked[:, CODES[kind]] &= times[:, CODES[kind]] > times[:, CODES[undone_by]]
    dismissed = times[:, CODES["dismiss"]]
    liked &= times > dismissed[:, None]
    liked[:, CODES["view"]] &= dismissed == _NEVER
    return liked
