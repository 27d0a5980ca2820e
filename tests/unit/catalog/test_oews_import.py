"""OEWS wages as records, and whom they pay."""

import zipfile
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from libs.common.contracts.catalog import MedianWage
from services.catalog.domain.records import Wage
from services.catalog.domain.wages import HYBRIDS, paid_by
from tests.support.shared_data import shared
from tests.unit.catalog.taxonomies import faults, left_out, read

HEADER = "AREA,AREA_TITLE,I_GROUP,OCC_CODE,OCC_TITLE,O_GROUP,TOT_EMP,H_MEDIAN,A_MEDIAN"
ROWS = (
    "99,U.S.,cross-industry,11-0000,Kite Management,major,90,30.1,60000",
    "99,U.S.,cross-industry,11-1011,Kite Makers,detailed,50,25.5,51000",
    '99,U.S.,cross-industry,11-1021,"Kite Sellers, Retail",detailed,50,25.5,"1,051,000"',
    "99,U.S.,cross-industry,27-2011,Kite Actors,detailed,5,28.05,*",
    "99,U.S.,cross-industry,29-1211,Kite Doctors,detailed,5,#,#",
    "99,U.S.,3-digit,11-1011,Kite Makers,detailed,5,1,1",
    "6,California,cross-industry,11-1011,Kite Makers,detailed,5,1,1",
)
FLAT = (
    "soc,title,level,area_code,state_fips,employment,h_median,a_median",
    "11-1011,Kite Makers,3,0000000,00,50,25.5,51000",
    "27-2011,Kite Actors,3,0000000,00,5,28.05,-",
    "11-0000,Kite Management,0,0000000,00,90,30.1,60000",
)


def write(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(rows) + "\n")
    return path


def wages(path: Path) -> dict[str, MedianWage]:
    """By code."""
    return {item.code: item.wage for item in read(path, "oews") if isinstance(item, Wage)}


def yearly(amount: str, year: int = 2025) -> MedianWage:
    return MedianWage(amount=Decimal(amount), currency="USD", period="year", region="US", year=year)


def test_the_national_median_of_detailed_occupations_is_taken(tmp_path: Path) -> None:
    """By the year, else by the hour; groups, industries, states and what is not published are left out."""
    path = write(tmp_path / "national_M2025_dl.csv", HEADER, *ROWS)
    assert wages(path) == {
        "11-1011": yearly("51000"),
        "11-1021": yearly("1051000"),
        "27-2011": MedianWage(
            amount=Decimal("28.05"), currency="USD", period="hour", region="US", year=2025
        ),
    }
    items = read(path, "oews")
    assert not faults(items)
    assert left_out(items) == [1, 1, 2]


def test_every_form_of_the_table_says_the_same(tmp_path: Path) -> None:
    """The workbook, the zip it is published in, tabs, and flat columns with a level of 3."""
    wanted = wages(write(tmp_path / "national_M2024_dl.csv", HEADER, *ROWS))
    book = openpyxl.Workbook()
    for row in (HEADER, *ROWS[:2], *ROWS[3:]):
        book.active.append([int(c) if c.isdecimal() else c for c in row.split(",")])
    book.save(tmp_path / "national_M2024_dl.xlsx")
    with zipfile.ZipFile(tmp_path / "oesm24nat.zip", "w") as archive:
        archive.write(tmp_path / "national_M2024_dl.xlsx", "oesm24nat/national_M2024_dl.xlsx")
        archive.writestr("oesm24nat/field_descriptions.xlsx", b"")
    write(tmp_path / "all_2024.txt", *(row.replace(",", "\t") for row in (HEADER, *ROWS[:2])))
    for name in ("national_M2024_dl.xlsx", "oesm24nat.zip"):
        assert wages(tmp_path / name) == {k: v for k, v in wanted.items() if k != "11-1021"}
    assert wages(tmp_path / "all_2024.txt") == {"11-1011": wanted["11-1011"]}
    flat = wages(write(tmp_path / "oews_2024_national.csv", *FLAT))
    assert flat == {code: wanted[code] for code in ("11-1011", "27-2011")}


def test_bad_rows_are_named_and_the_rest_is_taken(tmp_path: Path) -> None:
    """A code or an amount that is none, a cell too few."""
    bad = (
        "99,U.S.,cross-industry,11-101,x,detailed,5,1,1",
        "99,U.S.,cross-industry,11-1031,x,detailed,5,1,much",
        "99,U.S.,cross-industry,11-1031,x,detailed,5,1,-5",
        "99,U.S.,cross-industry,11-1031,x,detailed,5,1",
    )
    path = write(tmp_path / "national_M2025_dl.csv", HEADER, *bad, ROWS[1])
    file = path.name
    assert faults(read(path, "oews")) == [
        (file, 2, "/OCC_CODE"), (file, 3, "/A_MEDIAN"), (file, 4, "/A_MEDIAN"), (file, 5, ""),
    ]  # fmt: skip
    assert wages(path).keys() == {"11-1011"}


def test_a_workbook_without_its_empty_cells_is_read(tmp_path: Path) -> None:
    """Written as a stream it has no size, and its rows end where their values do."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in (HEADER.split(","), [], [*ROWS[3].split(",")[:-1]], [*ROWS[1].split(","), None]):
        sheet.append(row)
    book.save(tmp_path / "national_M2025_dl.xlsx")
    assert not faults(read(tmp_path / "national_M2025_dl.xlsx", "oews"))
    found = wages(tmp_path / "national_M2025_dl.xlsx")
    assert {code: wage.period for code, wage in found.items()} == {
        "11-1011": "year",
        "27-2011": "hour",
    }


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("wages.csv", "\n".join((HEADER, *ROWS)).encode()),
        ("national_M2025_dl.csv", HEADER.replace("A_MEDIAN", "A_MEAN").encode()),
        ("national_M2025_dl.csv", b""),
        ("national_M2025_dl.xlsx", b"no workbook"),
        ("oesm25nat.zip", b"no zip"),
    ],
)
def test_a_file_that_cannot_be_used_is_said_so(tmp_path: Path, name: str, content: bytes) -> None:
    """No year in its name, no column of medians, empty, not what its name says."""
    (tmp_path / name).write_bytes(content)
    assert faults(read(tmp_path / name, "oews")) == [(name, 1, "")]


OCCUPATIONS: Mapping[str, Sequence[str]] = {
    "11-1011": ["onet:11-1011.00", "onet:11-1011.03", "ours"],
    "13-1022": ["onet:13-1022.00"],
    "13-1023": ["onet:13-1023.00"],
    "21-1011": ["onet:21-1011.00"],
    "21-1012": ["onet:21-1012.00"],
}


@pytest.mark.parametrize(
    ("code", "paid"),
    [
        ("11-1011", ["onet:11-1011.00", "onet:11-1011.03", "ours"]),
        ("13-1020", ["onet:13-1022.00", "onet:13-1023.00"]),
        ("21-1018", ["onet:21-1011.00"]),
        ("19-1011", []),
    ],
)
def test_a_code_pays_all_it_stands_for(code: str, paid: list[str]) -> None:
    """O*NET's finer occupations, the whole of a broad one that is not told apart, BLS's own mixtures."""
    assert list(paid_by(code, OCCUPATIONS)) == paid


def test_the_real_table_pays_all_but_the_military() -> None:
    """Every civil occupation of O*NET has exactly one wage, but for legislators and fishers, whom OEWS does
    not have."""
    rows = read(shared("oews/oews_2025_national.csv"), "oews")
    assert not faults(rows)
    codes = [item.code for item in rows if isinstance(item, Wage)]
    assert len(codes) == 830
    text = (shared("onet_29_3") / "Occupation Data.txt").read_text("utf-8")
    socs = {line[:7]: [line[:7]] for line in text.splitlines()[1:]}
    paid = [soc for code in codes for soc in paid_by(code, socs)]
    assert len(paid) == len(set(paid))
    civil = {soc for soc in socs if not soc.startswith("55")}
    assert civil - set(paid) == {"11-1031", "45-3031"}
    assert all(set(parts) <= set(paid) for parts in HYBRIDS.values())
