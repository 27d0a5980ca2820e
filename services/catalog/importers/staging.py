"""Rows sorted on disk before they are joined, so that memory does not grow with the files.

SQLite keeps what does not fit its cache in a temporary file that it removes itself.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from services.catalog.domain.records import Rejected, Working
from services.catalog.importers.folders import CannotRead, Member
from services.catalog.importers.tables import BROKEN, BadCell, Column, Row, read_text

ROWS_A_TICK = 1_000
STAGING_SHARE = 0.25


class Gauge:
    """How far a source has been read, from 0 to 1."""

    share = 0.0


class Duplicate(ValueError):
    """A row with the key of an earlier one."""


class Unrelated(ValueError):
    """A row about something that is not staged."""


class Table(NamedTuple):
    """How a file is written."""

    columns: dict[str, Column]
    dialect: Any


class Staging:
    """A temporary database; `gauge` moves to STAGING_SHARE as `members` are read."""

    def __init__(self, schema: str, members: Sequence[Member], gauge: Gauge) -> None:
        self._gauge = gauge
        self._total = sum(member.size for member in members) or 1
        self._read = 0
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("PRAGMA foreign_keys = ON")
        self._database.executescript(schema)
        self._database.execute("BEGIN")

    def fill(
        self, member: Member, table: Table, take: Callable[[Row], None]
    ) -> Iterator[Rejected | Working]:
        """Gives every row to `take`, which raises BadCell, Duplicate or Unrelated for a bad one.

        Raises CannotRead.
        """
        try:
            with member.opened() as source:
                rows = read_text(member.name, source.stream, table.columns, table.dialect)
                for number, row in enumerate(rows):
                    if number % ROWS_A_TICK == 0:
                        self._move(self._read + source.position())
                        yield Working()
                    if isinstance(row, Rejected):
                        yield row
                    elif (refused := _refused(row, take)) is not None:
                        yield refused
        except BROKEN as broken:
            raise CannotRead(member.name, str(broken)) from broken
        self._read += member.size
        self._move(self._read)

    def _move(self, read: int) -> None:
        self._gauge.share = STAGING_SHARE * min(1.0, read / self._total)

    def add(self, insert: str, *values: Any) -> None:
        """Raises Duplicate and Unrelated by the schema's keys."""
        try:
            self._database.execute(insert, values)
        except sqlite3.IntegrityError as refused:
            if "FOREIGN KEY" in str(refused):
                raise Unrelated from refused
            raise Duplicate from refused

    def select(self, query: str, *values: Any) -> sqlite3.Cursor:
        """The rows of a query, as they are fetched."""
        return self._database.execute(query, values)

    def number(self, query: str) -> int:
        """The one number of a query."""
        value: int = self.select(query).fetchone()[0]
        return value

    def publishing(self, done: int, total: int) -> None:
        """Moves the gauge on while the records are handed out."""
        self._gauge.share = STAGING_SHARE + (1 - STAGING_SHARE) * done / (total or 1)

    def close(self) -> None:
        self._database.close()


def _refused(row: Row, take: Callable[[Row], None]) -> Rejected | None:
    try:
        take(row)
    except BadCell as bad:
        return row.rejected(bad.column, str(bad))
    return None
