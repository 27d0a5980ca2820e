"""Bulk files as records, read as they stream by: a record that cannot be used never stops the rest."""

import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple

from libs.common.errors import Fault
from services.catalog.domain.kinds import Kind
from services.catalog.domain.records import Item, Record, Rejected, Working
from services.catalog.formats import case
from services.catalog.importers import csv_rows, ctdl, esco, json_lines, objects, oews, onet
from services.catalog.importers.files import opened
from services.catalog.importers.folders import CannotRead, Folder
from services.catalog.importers.staging import Gauge

Format = Literal[
    "jsonl", "csv", "onet", "esco", "oews", "ctdl", "openbadges", "elm", "case", "regulated"
]
Reader = Callable[[BinaryIO, Kind], Iterator[Record | Rejected]]
SourceReader = Callable[[Path, Gauge], Iterator[Item | Working]]

READERS: dict[Format, Reader] = {"jsonl": json_lines.read, "csv": csv_rows.read}
SOURCES: dict[Format, SourceReader] = {
    "onet": lambda path, gauge: onet.read(Folder(path), gauge),
    "esco": lambda path, gauge: esco.read(Folder(path), gauge),
    "oews": oews.read,
    "ctdl": ctdl.read,
    "openbadges": objects.reader(objects.take_achievement),
    "elm": objects.reader(objects.take_european, ("@graph",)),
    "case": objects.reader(objects.take_competency, case.LISTS),
    "regulated": objects.reader(objects.take_profession, ("professions",)),
}


class Reading(NamedTuple):
    """A source being read, and how far it has been, from 0 to 1."""

    items: Iterator[Item | Working]
    share: Callable[[], float]


@contextmanager
def reading(path: Path, format: Format, kind: Kind) -> Iterator[Reading]:
    """`kind` is for the formats that do not say it themselves. Raises OSError."""
    if format in READERS:
        with opened(path) as source:
            size = source.size or 1
            yield Reading(READERS[format](source.stream, kind), lambda: source.position() / size)
    else:
        gauge = Gauge()
        yield Reading(_until_unreadable(SOURCES[format], path, gauge), lambda: gauge.share)


def _until_unreadable(read: SourceReader, path: Path, gauge: Gauge) -> Iterator[Item | Working]:
    """What cannot be read is the last thing that is rejected. Raises OSError: no room to sort it in."""
    try:
        yield from read(path, gauge)
    except CannotRead as broken:
        yield Rejected(broken.line, (Fault("", broken.detail),), broken.file)
    except zipfile.BadZipFile as broken:
        yield Rejected(1, (Fault("", str(broken)),), path.name)
    except sqlite3.OperationalError as broken:
        raise OSError(f"the temporary database: {broken}") from broken
