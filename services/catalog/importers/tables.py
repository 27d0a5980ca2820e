"""Published tables: rows under a header, whose columns are found by name."""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO, NamedTuple

from libs.common.errors import Fault
from services.catalog.domain.records import Rejected
from services.catalog.importers.folders import CannotRead

LONGEST_CELL = 1_000_000
BROKEN = (csv.Error, OSError, EOFError, zlib.error, zipfile.BadZipFile)

# As O*NET writes it: nothing is quoted, and a quotation mark is one.
TABS: Mapping[str, Any] = {"delimiter": "\t", "quoting": csv.QUOTE_NONE}
COMMAS: Mapping[str, Any] = {}

Cells = Sequence[str]


class Column(NamedTuple):
    """A column under any of the names that releases give it."""

    names: tuple[str, ...]
    required: bool = True


class Layout:
    """Where a file has our columns. Raises CannotRead: without a column every row is wrong."""

    def __init__(self, file: str, header: Cells, columns: Mapping[str, Column]) -> None:
        names = [name.strip().casefold() for name in header]
        self._file, self.width = file, len(names)
        self._headers: dict[str, str] = {}
        self.places: dict[str, int | None] = {}
        for ours, column in columns.items():
            places = [names.index(n.casefold()) for n in column.names if n.casefold() in names]
            if not places and column.required:
                raise CannotRead(file, f"has no column {' or '.join(map(repr, column.names))}")
            self.places[ours] = places[0] if places else None
            self._headers[ours] = header[places[0]].strip() if places else ""

    def rejected(self, line: int, column: str, detail: str) -> Rejected:
        """`column` is ours, or empty for the whole row; the report has the file's name for it."""
        header = self._headers.get(column, "").replace("~", "~0").replace("/", "~1")
        return Rejected(line, (Fault(f"/{header}" if header else "", detail),), self._file)


class Row(NamedTuple):
    """A row of a file. `line` is where it begins, from 1."""

    line: int
    cells: Cells
    layout: Layout

    def __call__(self, column: str) -> str:
        """A cell by our name for its column; empty where the file has no such column."""
        place = self.layout.places[column]
        return "" if place is None else self.cells[place].strip()

    def has(self, column: str) -> bool:
        """Whether the file has the column at all."""
        return self.layout.places[column] is not None

    def rejected(self, column: str, detail: str) -> Rejected:
        """Why the row is not taken."""
        return self.layout.rejected(self.line, column, detail)


class BadCell(ValueError):
    """What a row says cannot be taken; `column` is our name."""

    def __init__(self, column: str, detail: str) -> None:
        super().__init__(detail)
        self.column = column


def read_text(
    file: str, stream: BinaryIO, columns: Mapping[str, Column], dialect: Mapping[str, Any]
) -> Iterator[Row | Rejected]:
    """The rows of a delimited text. Raises CannotRead: a missing column, or it breaks off."""
    return named(file, _numbered(file, stream, dialect), columns)


def named(
    file: str, numbered: Iterable[tuple[int, Cells | str]], columns: Mapping[str, Column]
) -> Iterator[Row | Rejected]:
    """Rows by the header, which is the first; a row that is a text instead says what is wrong with it."""
    layout: Layout | None = None
    for line, cells in numbered:
        if isinstance(cells, str) and layout is None:
            raise CannotRead(file, cells, line)
        if layout is None:
            layout = Layout(file, cells, columns)
        elif isinstance(cells, str):
            yield layout.rejected(line, "", cells)
        elif len(cells) != layout.width:
            detail = f"has {len(cells)} cells, the header {layout.width}"
            yield layout.rejected(line, "", detail)
        else:
            yield Row(line, cells, layout)
    if layout is None:
        raise CannotRead(file, "is empty")


def _numbered(
    file: str, stream: BinaryIO, dialect: Mapping[str, Any]
) -> Iterator[tuple[int, Cells | str]]:
    csv.field_size_limit(LONGEST_CELL)
    # Bytes that are not UTF-8 come through as surrogates and are refused with their row.
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
    rows = csv.reader(text, **dialect)
    while True:
        first = rows.line_num + 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as broken:
            yield first, str(broken)
        except BROKEN as broken:
            raise CannotRead(file, f"cannot be read on: {broken}", first) from broken
        else:
            if row:
                yield first, row if _is_utf8(row) else "is not UTF-8"


def _is_utf8(row: Cells) -> bool:
    try:
        "".join(row).encode()
    except UnicodeEncodeError:
        return False
    return True
