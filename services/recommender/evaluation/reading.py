"""A file of interactions → `Log`. Anything wrong is refused with its line; nothing is read by half."""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

from libs.common.contracts.types import milliseconds
from libs.common.errors import InvalidRequest
from services.recommender.evaluation.log import Ints, Log
from services.recommender.trainer.columns import CODES

COLUMNS = ("learner_id", "credential_id", "kind", "occurred_at")
CATALOG_COLUMNS = ("credential_id", "skills", "category", "level", "language")
SECOND = 1000
EPOCH_MS = 1_700_000_000_000
"""Where time begins in data without a clock."""
LATEST_MS = 253_402_300_800_000
LARGEST_SECONDS = 1e11
"""A Unix time beyond it is in milliseconds (in seconds it would be the year 5138)."""


class Row(NamedTuple):
    """A line's number and its cells by our column names; a column that the file lacks is not in it."""

    line: int
    cells: Mapping[str, str]


def columns_of(option: str) -> dict[str, str]:
    """`ours=theirs,…` → their name by ours. Raises InvalidRequest."""
    known = dict.fromkeys((*COLUMNS, *CATALOG_COLUMNS))
    found: dict[str, str] = {}
    for pair in filter(None, option.split(",")):
        ours, equals, theirs = pair.partition("=")
        if not equals or not theirs or ours not in known:
            raise InvalidRequest(
                f"--columns: {pair!r} is not ours=theirs with ours one of {', '.join(known)}"
            )
        found[ours] = theirs
    return found


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


def rows_of(
    path: Path, columns: Mapping[str, str], ours: tuple[str, ...], needed: tuple[str, ...]
) -> Iterator[Row]:
    """The lines of a CSV or tab separated file, gzipped if its name ends in .gz. Raises InvalidRequest."""
    line = 1
    try:
        with _open(path) as text:
            header = text.readline().lstrip("\ufeff")
            delimiter = "\t" if "\t" in header else ","
            names = next(csv.reader([header], delimiter=delimiter), [])
            places = _places(path, names, columns, ours, needed)
            reader = csv.reader(text, delimiter=delimiter, strict=True)
            for cells in reader:
                line = reader.line_num + 1
                if len(cells) != len(names) and cells:
                    raise bad_row(path, line, f"{len(cells)} cells instead of {len(names)}")
                if cells:
                    yield Row(line, {name: cells[place].strip() for name, place in places.items()})
    except (OSError, EOFError, zlib.error, csv.Error, UnicodeDecodeError) as broken:
        raise InvalidRequest(f"{path}, after line {line}: {broken}") from broken


def bad_row(path: Path, line: int, why: str) -> InvalidRequest:
    """The error of one line."""
    return InvalidRequest(f"{path}, line {line}: {why}")


def _open(path: Path) -> io.TextIOWrapper:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def _places(
    path: Path,
    names: list[str],
    columns: Mapping[str, str],
    ours: tuple[str, ...],
    needed: tuple[str, ...],
) -> dict[str, int]:
    places = {}
    for name in ours:
        theirs = columns.get(name, name)
        if theirs in names:
            places[name] = names.index(theirs)
        elif name in needed or name in columns:
            raise InvalidRequest(
                f"{path}: there is no column {theirs!r}, only {', '.join(names) or 'nothing'}"
            )
    return places


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
    if abs(at_ms) > LATEST_MS:
        raise ValueError("is beyond the year 9999")
    return at_ms


def _steps(learner: Ints) -> Ints:
    """How many rows of the same learner come before each (N,)."""
    order = np.argsort(learner, kind="stable")
    starts = np.searchsorted(learner[order], learner[order])
    steps = np.empty(len(learner), np.int64)
    steps[order] = np.arange(len(learner)) - starts
    return steps
