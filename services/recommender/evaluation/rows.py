"""Lines of a file by our column names, whatever the file calls them."""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from libs.common.errors import InvalidRequest

COLUMNS = ("learner_id", "credential_id", "kind", "occurred_at")
CATALOG_COLUMNS = ("credential_id", "skills", "category", "level", "language", "cost")


class Tabs(csv.excel_tab):
    """Tab separated files are written without quoting; a quote in them is a character."""

    quoting = csv.QUOTE_NONE


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


def rows_of(
    path: Path, columns: Mapping[str, str], ours: tuple[str, ...], needed: tuple[str, ...]
) -> Iterator[Row]:
    """The lines of a CSV or tab separated file, gzipped if its name ends in .gz. Raises InvalidRequest."""
    line = 1
    try:
        with _open(path) as text:
            header = text.readline().lstrip("\ufeff")
            dialect = Tabs if "\t" in header else csv.excel
            names = next(csv.reader([header], dialect), [])
            places = _places(path, names, columns, ours, needed)
            reader = csv.reader(text, dialect, strict=True)
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
