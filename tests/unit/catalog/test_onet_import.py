"""O*NET's text database as records."""

import gzip
import zipfile
from pathlib import Path

import pytest

from libs.common.contracts.catalog import RequiredSkill
from services.catalog.domain.records import Record
from tests.support.shared_data import shared
from tests.unit.catalog.taxonomies import ONET, by_key, faults, folder, left_out, read

RATING = "11-1011.00\t{element}\t{scale}\t{value}\t8\t0\t1\t1\t{suppress}\t{irrelevant}\t\t"


def rating(
    element: str = "2.A.1.b",
    scale: str = "IM",
    value: str = "3",
    suppress: str = "N",
    irrelevant: str = "N",
) -> str:
    """A row for 11-1011.00 in O*NET's own columns."""
    return RATING.format(
        element=element, scale=scale, value=value, suppress=suppress, irrelevant=irrelevant
    )


def other(row: str) -> str:
    """The row for 11-1011.01."""
    return row.replace("11-1011.00", "11-1011.01")


def required(path: Path) -> dict[str, RequiredSkill]:
    """What 11-1011.00 asks for, by id."""
    return {skill.id: skill for skill in by_key(read(path, "onet"))["onet:11-1011.00"].skills}


def test_an_occupation_is_joined_from_its_files(tmp_path: Path) -> None:
    """Importance is (IM - 1) / 4, level LV / 7; software is optional without either; names come from the
    Content Model Reference; a quotation mark is one."""
    items = read(folder(tmp_path, ONET), "onet")
    made = by_key(items)
    kite_maker = made["onet:11-1011.00"]
    assert (kite_maker.name, kite_maker.description) == ('Kite "makers"', "Make kites.")
    assert (kite_maker.soc, kite_maker.job_zone) == ("11-1011.00", 3)
    assert kite_maker.skills == [
        RequiredSkill(id="onet:2.A.1.a", importance=0.75, level=0.5),
        RequiredSkill(id="onet:2.C.1.a", importance=0.5, level=1.0),
        RequiredSkill(id="onet:43232110", relation="optional"),
        RequiredSkill(id="onet:43232604", relation="optional"),
    ]
    assert (made["onet:2.A.1.a"].name, made["onet:2.A.1.a"].kind) == ("Knotting", "skill")
    assert (made["onet:2.C.1.a"].name, made["onet:2.C.1.a"].kind) == ("Winds", "knowledge")
    assert not faults(items)
    assert not left_out(items)


def test_an_absent_level_stays_absent(tmp_path: Path) -> None:
    """A rating of importance alone asks for the skill without saying how well."""
    tester = by_key(read(folder(tmp_path, ONET), "onet"))["onet:11-1011.01"]
    assert tester.skills[0] == RequiredSkill(id="onet:2.A.1.b", importance=1.0)
    assert tester.job_zone is None


def test_what_is_not_rated_asks_for_nothing(tmp_path: Path) -> None:
    """Software alone is no list of what an occupation asks for."""
    marshal = by_key(read(folder(tmp_path, ONET), "onet"))["onet:55-1011.00"]
    assert (marshal.skills, marshal.description) == ([], None)


def test_products_are_aliases_of_one_kind_of_software(tmp_path: Path) -> None:
    """A product filed under two kinds names the one it is filed under most often."""
    made = by_key(read(folder(tmp_path, ONET), "onet"))
    assert (made["onet:43232110"].kind, made["onet:43232110"].name) == ("tool", "Sheet software")
    assert made["onet:43232110"].aliases == ["WindSheet"]
    assert made["onet:43232604"].aliases == ["KiteCAD"]


@pytest.mark.parametrize(
    ("importance", "level"),
    [
        ({"suppress": "Y"}, {"suppress": "Y"}),
        ({"suppress": "Y"}, {}),
        ({}, {"suppress": "Y"}),
        ({}, {"irrelevant": "Y"}),
        ({"irrelevant": "Y"}, {}),
        ({}, {"value": "7.5"}),
    ],
)
def test_a_rating_that_must_not_be_used_takes_its_element_away(
    tmp_path: Path, importance: dict[str, str], level: dict[str, str]
) -> None:
    """Suppressed, not relevant or wrong, either row: the element is not asked for, and never at full level."""
    rows = [rating(scale="IM", **importance), rating(scale="LV", **level)]
    path = folder(tmp_path, ONET, skills=rows)
    assert "onet:2.A.1.b" not in required(path)
    assert left_out(read(path, "onet")) == [2]
    kept = folder(tmp_path, ONET, skills=[rating(scale="IM"), rating(scale="LV")])
    assert "onet:2.A.1.b" in required(kept)


def test_bad_rows_are_named_and_the_rest_is_taken(tmp_path: Path) -> None:
    """Each with its file, line and column: values out of their scale, unknown codes, repetitions,
    missing cells, bytes that are not UTF-8."""
    path = folder(
        tmp_path,
        ONET,
        skills=[
            rating(value="5.1"),
            rating(scale="LV", value="high"),
            other(rating("2.C.1.a", value="1e1")),
            other(rating("2.C.1.a", scale="LV", value="7.01")),
            rating(scale="XX"),
            rating("2.A.1.a"),
            rating().replace("11-1011.00", "99-9999.00"),
            rating("2.A.9.z"),
            "11-1011.00\t2.A.1.b",
            rating(value="3\udcff"),
            other(rating("2.A.1.a")),
        ],
        occupation=["11-1011\tNo code\t", "11-1011.00\tTwice\t"],
        job=["11-1011.01\t6\t\t"],
        technology=["11-1011.00\tBad\tsoft\tSoftware\tN\tN"],
    )
    items = read(path, "onet")
    assert sorted(faults(items)) == [
        ("Job Zones.txt", 3, "/Job Zone"),
        ("Occupation Data.txt", 5, "/O*NET-SOC Code"),
        ("Occupation Data.txt", 6, "/O*NET-SOC Code"),
        ("Skills.txt", 5, "/Data Value"),
        ("Skills.txt", 6, "/Data Value"),
        ("Skills.txt", 7, "/Data Value"),
        ("Skills.txt", 8, "/Data Value"),
        ("Skills.txt", 9, "/Scale ID"),
        ("Skills.txt", 10, "/Element ID"),
        ("Skills.txt", 11, "/O*NET-SOC Code"),
        ("Skills.txt", 12, "/Element ID"),
        ("Skills.txt", 13, ""),
        ("Skills.txt", 14, ""),
        ("Technology Skills.txt", 6, "/Commodity Code"),
    ]
    assert len([item for item in items if isinstance(item, Record)]) == 8
    tester = by_key(items)["onet:11-1011.01"]
    assert {"onet:2.A.1.a", "onet:2.A.1.b"} == {s.id for s in tester.skills if s.importance}


@pytest.mark.parametrize("name", sorted(set(ONET) - {"Content Model Reference.txt"}))
def test_nothing_is_taken_without_one_of_the_files(tmp_path: Path, name: str) -> None:
    """Its part of every occupation would be lost, so the missing file is named and that is all."""
    path = folder(tmp_path, ONET)
    (path / name).unlink()
    items = read(path, "onet")
    assert faults(items) == [(name, 1, "")]
    assert not by_key(items)


def test_nothing_is_taken_when_a_file_lacks_a_column(tmp_path: Path) -> None:
    """The column is named; the last file is checked before the first record is given."""
    path = folder(tmp_path, ONET)
    zones = path / "Job Zones.txt"
    zones.write_text(zones.read_text().replace("Job Zone\t", "Zone\t"))
    items = read(path, "onet")
    assert faults(items) == [("Job Zones.txt", 1, "")]
    assert "'Job Zone'" in items[0].faults[0].detail
    assert not by_key(items)


def test_names_beside_the_ids_need_no_reference(tmp_path: Path) -> None:
    """Editions with Title and Element Name columns are read the same."""
    wanted = by_key(read(folder(tmp_path / "plain", ONET), "onet"))
    path = folder(tmp_path / "titled", ONET)
    (path / "Content Model Reference.txt").unlink()
    names = {
        "2.A.1.a": "Knotting",
        "2.A.1.b": "Gluing",
        "2.C.1.a": "Winds",
        "Element ID": "Element Name",
    }
    for file in ("Skills.txt", "Knowledge.txt"):
        rows = [line.split("\t") for line in ONET[file]]
        text = "\n".join("\t".join((*row, names[row[1]])) for row in rows)
        (path / file).write_text(text)
    assert by_key(read(path, "onet")) == wanted


def test_alternate_titles_are_aliases_where_the_file_is_there(tmp_path: Path) -> None:
    """Each once, whatever its sources, and not the name itself."""
    rows = [
        "O*NET-SOC Code\tAlternate Title\tShort Title\tSource(s)",
        "11-1011.00\tKiter\tn/a\t01",
        "11-1011.00\tKiter\tn/a\t02",
        '11-1011.00\tKite "makers"\tn/a\t02',
    ]
    path = folder(tmp_path, {**ONET, "Alternate Titles.txt": tuple(rows)})
    assert by_key(read(path, "onet"))["onet:11-1011.00"].aliases == ["Kiter"]


def test_every_way_a_folder_comes_is_read_the_same(tmp_path: Path) -> None:
    """Line ends of Windows with a byte order mark, gzip, a folder within, the zip, the folder it is in."""
    wanted = by_key(read(folder(tmp_path / "plain", ONET), "onet"))
    windows = folder(tmp_path / "windows", ONET, end="\r\n")
    packed, zipped = tmp_path / "packed", tmp_path / "zipped"
    packed.mkdir()
    zipped.mkdir()
    with zipfile.ZipFile(zipped / "db_29_3_text.zip", "w") as archive:
        for file in windows.iterdir():
            file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
            (packed / f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes()))
            archive.write(file, f"db_29_3_text/{file.name}")
    within = tmp_path / "within"
    within.mkdir()
    (tmp_path / "plain").rename(within / "db_29_3_text")
    for path in (windows, packed, zipped, zipped / "db_29_3_text.zip", within):
        assert by_key(read(path, "onet")) == wanted, path


def test_a_folder_that_is_none_is_said_so(tmp_path: Path) -> None:
    """A file in its place, a broken zip, a file that is there twice, a cut-off archive: one line each."""
    text = tmp_path / "Skills.txt"
    text.write_text("x")
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"no zip")
    twice = folder(tmp_path / "twice", ONET)
    (twice / "Skills.txt.gz").write_bytes(gzip.compress(b""))
    cut = folder(tmp_path / "cut", ONET)
    whole = gzip.compress("\n".join(ONET["Knowledge.txt"]).encode())
    (cut / "Knowledge.txt").write_bytes(whole[: len(whole) // 2])
    for path, file in (
        (text, "Skills.txt"),
        (broken, "broken.zip"),
        (twice, "Skills.txt"),
        (cut, "Knowledge.txt"),
    ):
        items = read(path, "onet")
        assert [place for place, _, _ in faults(items)] == [file]
        assert not by_key(items)


def test_the_real_database_is_read_without_a_fault() -> None:
    """All 1,016 occupations; the 137 that O*NET has not rated ask for nothing, the others do."""
    items = read(shared("onet_29_3"), "onet")
    made = by_key(items)
    occupations = [body for key, body in made.items() if key[len("onet:") :][2] == "-"]
    assert not faults(items)
    assert len(occupations) == 1_016
    assert sum(not occupation.skills for occupation in occupations) == 137
    assert all(s.id in made for occupation in occupations for s in occupation.skills)
