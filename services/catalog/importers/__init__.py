"""Bulk files as records, read as they stream by: a record that cannot be used never stops the rest."""

from collections.abc import Callable, Iterator
from typing import BinaryIO, Literal

from services.catalog.domain.kinds import Kind
from services.catalog.domain.records import Record, Rejected
from services.catalog.importers import csv_rows, json_lines

Format = Literal["jsonl", "csv"]
Reader = Callable[[BinaryIO, Kind], Iterator[Record | Rejected]]

READERS: dict[Format, Reader] = {"jsonl": json_lines.read, "csv": csv_rows.read}
