"""OEWS wages: the national median of every detailed occupation, as BLS publishes it.

A workbook, tab or comma separated, alone or in the zip it came in. The year is in the file's name.
`*` (or `-`) is a wage that is not available, `#` one over the highest that is published: no number either.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Literal

from libs.common.contracts.catalog import MedianWage
from services.catalog.domain.records import LeftOut, Rejected, Wage, Working
from services.catalog.importers.folders import CannotRead, Folder, Member
from services.catalog.importers.spreadsheets import sheet_rows
from services.catalog.importers.staging import ROWS_A_TICK, Gauge
from services.catalog.importers.tables import BROKEN, Column, Row, named, read_text

COLUMNS = {
    "code": Column(("OCC_CODE", "soc")),
    "title": Column(("OCC_TITLE", "title")),
    "group": Column(("O_GROUP", "level")),
    "area": Column(("AREA", "area_code")),
    "industry": Column(("I_GROUP",), required=False),
    "year": Column(("A_MEDIAN",)),
    "hour": Column(("H_MEDIAN",)),
}
DETAILED = ("detailed", "3")
NATIONAL = ("99", "")  # without leading zeros
CROSS_INDUSTRY = ("cross-industry", "")
NO_NUMBER = ("*", "**", "#", "~", "-", "")
PERIODS: tuple[Literal["year", "hour"], ...] = ("year", "hour")
_CODE = re.compile("[0-9]{2}-[0-9]{4}")
_AMOUNT = re.compile("[0-9]+(,[0-9]{3})*([.][0-9]{1,2}0*)?")
_YEAR = re.compile("(?<![0-9])(20[0-9]{2})(?![0-9])")


def read(path: Path, gauge: Gauge) -> Iterator[Wage | Rejected | LeftOut | Working]:
    """A wage for each code, in the order of the file. Raises CannotRead, OSError."""
    member = _member(path)
    year = _YEAR.search(member.name) or _YEAR.search(path.name)
    if year is None:
        raise CannotRead(member.name, "has no year in its name, as national_M2025_dl.xlsx has")
    left_out: dict[str, int] = {}
    for number, row in enumerate(_rows(member, gauge)):
        if number % ROWS_A_TICK == 0:
            yield Working()
        item = row if isinstance(row, Rejected) else _wage(row, int(year[0]))
        if isinstance(item, LeftOut):
            left_out[item.why] = left_out.get(item.why, 0) + 1
        else:
            yield item
    yield from (LeftOut(why, rows) for why, rows in left_out.items())


def _member(path: Path) -> Member:
    if path.suffix.lower() == ".zip":
        return Folder(path).get("(national|all_data|state)_.*[.](xlsx|csv|txt)", "national_M*.xlsx")
    return Member(path, path.name, path.stat().st_size)


def _rows(member: Member, gauge: Gauge) -> Iterator[Row | Rejected]:
    name = member.name.lower().removesuffix(".gz")
    if name.endswith(".xlsx"):
        yield from named(member.name, sheet_rows(member, gauge), COLUMNS)
        return
    dialect: Mapping[str, str] = {"delimiter": "\t" if name.endswith((".txt", ".tsv")) else ","}
    try:
        with member.opened() as source:
            for row in read_text(member.name, source.stream, COLUMNS, dialect):
                gauge.share = source.position() / (member.size or 1)
                yield row
    except BROKEN as broken:
        raise CannotRead(member.name, str(broken)) from broken


def _wage(row: Row, year: int) -> Wage | Rejected | LeftOut:
    if row("area").lstrip("0") not in NATIONAL or row("industry") not in CROSS_INDUSTRY:
        return LeftOut("not of the whole nation and all industries")
    if row("group").lower() not in DETAILED:
        return LeftOut("groups of occupations")
    if not _CODE.fullmatch(row("code")):
        return row.rejected("code", "is not an occupation code such as 11-1011")
    for period in PERIODS:
        text = row(period)
        if text in NO_NUMBER:
            continue
        if not _AMOUNT.fullmatch(text):
            return row.rejected(period, "is neither an amount nor one of " + " ".join(NO_NUMBER))
        wage = MedianWage(
            amount=Decimal(text.replace(",", "")),
            currency="USD",
            period=period,
            region="US",
            year=year,
        )
        return Wage(row.line, row("code"), row("title"), wage)
    return LeftOut("without a median that is published")
