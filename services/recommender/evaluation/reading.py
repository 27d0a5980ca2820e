"""A file of interactions → `Log`. Anything wrong is refused with its line; nothing is read by half."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import numpy as np

from libs.common.contracts.types import milliseconds
from libs.common.errors import InvalidRequest
from services.recommender.evaluation.log import Ints, Log
from services.recommender.evaluation.rows import COLUMNS, bad_row, rows_of
from services.recommender.trainer.columns import CODES

SECOND = 1000
EPOCH_MS = 1_700_000_000_000
"""Where time begins in data without a clock."""
EARLIEST_MS, LATEST_MS = -62_135_596_800_000, 253_402_300_799_999
LARGEST_SECONDS = 1e11
"""A Unix time beyond it is in milliseconds (in seconds it would be the year 5138)."""


def read_log(path: Path, columns: Mapping[str, str]) -> Log:
    """The file's interactions in time order; equal times keep the file's order.

    Without a clock the steps of a learner are a second apart, and all learners start at once. Raises InvalidRequest.
    """
    learners: dict[str, int] = {}
    credentials: dict[str, int] = {}
    rows: list[tuple[int, int, int, int]] = []
    clock = True
    for line, cells in rows_of(path, columns, COLUMNS, ("learner_id", "credential_id")):
        if not cells["learner_id"] or not cells["credential_id"]:
            raise bad_row(path, line, "learner_id and credential_id must not be empty")
        clock = "occurred_at" in cells
        rows.append(
            (
                learners.setdefault(cells["learner_id"], len(learners)),
                credentials.setdefault(cells["credential_id"], len(credentials)),
                _code(path, line, cells.get("kind", "enroll")),
                _moment(path, line, cells["occurred_at"]) if clock else 0,
            )
        )
    if not rows:
        raise InvalidRequest(f"{path}: there are no interactions")
    table = np.array(rows, np.int64)
    at_ms = table[:, 3] if clock else EPOCH_MS + SECOND * _steps(table[:, 0])
    order = np.argsort(at_ms, kind="stable")
    return Log(
        learner=table[order, 0],
        credential=table[order, 1],
        kind=table[order, 2].astype(np.uint8),
        at_ms=at_ms[order],
        learner_ids=list(learners),
        credential_ids=list(credentials),
        clock=clock,
    )


def _code(path: Path, line: int, kind: str) -> int:
    if kind not in CODES:
        raise bad_row(path, line, f"kind {kind!r} is not one of {', '.join(CODES)}")
    return CODES[kind]


def _moment(path: Path, line: int, text: str) -> int:
    """Unix milliseconds of RFC 3339, or of Unix seconds or milliseconds."""
    try:
        if text[4:5] != "-":
            number = float(text)
            return _bounded(round(number if abs(number) >= LARGEST_SECONDS else number * SECOND))
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError("has no offset from UTC")
        return milliseconds(moment)
    except (ValueError, OverflowError) as wrong:
        raise bad_row(path, line, f"occurred_at {text!r} is no time: {wrong}") from wrong


def _bounded(at_ms: int) -> int:
    if not EARLIEST_MS <= at_ms <= LATEST_MS:
        raise ValueError("is not in the years 1 to 9999")
    return at_ms


def _steps(learner: Ints) -> Ints:
    """How many rows of the same learner come before each (N,)."""
    order = np.argsort(learner, kind="stable")
    starts = np.searchsorted(learner[order], learner[order])
    steps = np.empty(len(learner), np.int64)
    steps[order] = np.arange(len(learner)) - starts
    return steps
