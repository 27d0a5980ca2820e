"""Workbooks (xlsx), row by row."""

import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from typing import BinaryIO, cast
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from services.catalog.importers.folders import CannotRead, Member
from services.catalog.importers.staging import Gauge

BROKEN = (InvalidFileException, zipfile.BadZipFile, ParseError, KeyError, ValueError, OSError)


def sheet_rows(member: Member, gauge: Gauge) -> Iterator[tuple[int, list[str]]]:
    """(number from 1, cells as text) of the first sheet's rows. Raises CannotRead."""
    # A workbook is a zip and read from its end; a file within another zip cannot be.
    with member.opened() as source, tempfile.TemporaryFile() as whole:
        shutil.copyfileobj(source.stream, cast(BinaryIO, whole))
        try:
            book = load_workbook(whole, read_only=True, data_only=True)
            sheet = book.worksheets[0]
            width = 0
            for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
                gauge.share = number / max(number, sheet.max_row or 1)
                if cells := _cells(row):
                    width = width or len(cells)
                    yield number, [*cells, *[""] * (width - len(cells))]
        except BROKEN as broken:
            raise CannotRead(member.name, f"is not a workbook: {broken}") from broken


def _cells(row: tuple[object, ...]) -> list[str]:
    """Without the empty ones at the end: a workbook may hold them or not."""
    cells = ["" if cell is None else str(cell) for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return cells
