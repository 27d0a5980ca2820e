"""ESCO's CSV as records."""

from pathlib import Path

import pytest

from libs.common.contracts.catalog import RequiredSkill
from services.catalog.domain.records import LeftOut
from tests.support.shared_data import shared
from tests.unit.catalog.taxonomies import ESCO, by_key, faults, folder, left_out, read

URI = "http://data.europa.eu/esco"
KEYED = {
    "skills.csv": (
        '"ORIGINURI","ID","UUIDHISTORY","SKILLTYPE","REUSELEVEL","PREFERREDLABEL","ALTLABELS"',
        f'"{URI}/skill/s1","key_1","u","skill/competence","cross-sector","tie knots","make knots"',
        f'"{URI}/skill/s2","key_2","u","knowledge","","winds",""',
    ),
    "occupations.csv": (
        '"ORIGINURI","ID","OCCUPATIONGROUPCODE","CODE","PREFERREDLABEL","ALTLABELS","DESCRIPTION","OCCUPATIONTYPE"',
        f'"{URI}/occupation/o1","key_8","7319","7319.1","kite maker","","","escooccupation"',
        f'"{URI}/occupation/o1","key_9","7319","7319_1","kite maker","","","localoccupation"',
        '"","key_10","I11","I11_1","kite watcher","","","localoccupation"',
    ),
    "occupation_to_skill_relations.csv": (
        '"OCCUPATIONTYPE","OCCUPATIONID","RELATIONTYPE","SKILLID","SIGNALLINGVALUELABEL","SIGNALLINGVALUE"',
        '"escooccupation","key_8","essential","key_2","",""',
        '"localoccupation","key_9","","key_1","low","0"',
        '"localoccupation","key_10","optional","key_1","",""',
    ),
}


def test_an_occupation_has_its_essential_and_optional_skills(tmp_path: Path) -> None:
    """Keyed by URI, with its ISCO group; other labels are aliases, each once and not the name."""
    items = read(folder(tmp_path, ESCO), "esco")
    made = by_key(items)
    maker = made[f"{URI}/occupation/o1"]
    assert (maker.name, maker.aliases, maker.isco) == ("kite maker", ["maker of kites"], "7319")
    assert maker.description == 'Makes "kites".'
    assert maker.skills == [
        RequiredSkill(id=f"{URI}/skill/s1", relation="essential"),
        RequiredSkill(id=f"{URI}/skill/s2", relation="optional"),
    ]
    knots, winds, sail = (made[f"{URI}/skill/s{n}"] for n in (1, 2, 3))
    assert (knots.kind, knots.reuse_level, knots.aliases) == (
        "skill",
        "cross-sector",
        ["make knots"],
    )
    assert (winds.kind, winds.reuse_level) == ("knowledge", "sector-specific")
    assert (sail.kind, sail.reuse_level) == (None, None)
    assert not faults(items)
    assert not left_out(items)


def test_editions_with_keys_of_their_own_are_joined_by_them(tmp_path: Path) -> None:
    """The id is still the URI; local occupations, which have none of their own, are left out with their
    relations."""
    items = read(folder(tmp_path, KEYED), "esco")
    assert not faults(items)
    assert by_key(items)[f"{URI}/occupation/o1"].skills == [RequiredSkill(id=f"{URI}/skill/s2")]
    assert left_out(items) == [2, 2]


def test_what_is_not_released_is_left_out(tmp_path: Path) -> None:
    """Skills and occupations of another status, and what relates to them."""
    files = {
        name: tuple(
            line.replace("released", "obsolete") if "/s2," in line or "/o2," in line else line
            for line in lines
        )
        for name, lines in ESCO.items()
    }
    items = read(folder(tmp_path, files), "esco")
    assert not faults(items)
    made = by_key(items)
    assert set(made) == {f"{URI}/skill/s1", f"{URI}/skill/s3", f"{URI}/occupation/o1"}
    assert [skill.id for skill in made[f"{URI}/occupation/o1"].skills] == [f"{URI}/skill/s1"]
    assert left_out(items) == [1, 1, 2]


def test_bad_rows_are_named_and_the_rest_is_taken(tmp_path: Path) -> None:
    """Unknown kinds, URIs that are none or twice there, relations of unknown or repeated things, an
    ISCO group that is none, cells too few."""
    path = folder(
        tmp_path,
        ESCO,
        skills=[
            f"K,{URI}/skill/s4,talent,,fly,,,released,,,,,",
            f"K,{URI}/skill/s5,knowledge,anywhere,fly,,,released,,,,,",
            "K,s6,knowledge,,fly,,,released,,,,,",
            f"K,{URI}/skill/s1,knowledge,,again,,,released,,,,,",
            f"K,{URI}/skill/s7,knowledge,,,,,released,,,,,",
            "K,short",
        ],
        occupations_en=[f"Occupation,{URI}/occupation/o3,C73,flyer,,,released,,,,,,,1"],
        occupationskill=[
            f"{URI}/occupation/o1,needed,knowledge,{URI}/skill/s3",
            f"{URI}/occupation/o1,essential,knowledge,{URI}/skill/s2",
            f"{URI}/occupation/o1,essential,knowledge,{URI}/skill/none",
            f"{URI}/occupation/none,essential,knowledge,{URI}/skill/s1",
            f"{URI}/occupation/o2,,knowledge,{URI}/skill/s3",
            f"{URI}/occupation/o2,optional,knowledge,{URI}/skill/s3",
        ],
    )  # fmt: skip
    items = read(path, "esco")
    # The first skill takes three lines.
    assert sorted(faults(items)) == [
        ("occupationSkillRelations_en.csv", 5, "/relationType"),
        ("occupationSkillRelations_en.csv", 6, "/skillUri"),
        ("occupationSkillRelations_en.csv", 7, "/skillUri"),
        ("occupationSkillRelations_en.csv", 8, "/occupationUri"),
        ("occupationSkillRelations_en.csv", 9, "/relationType"),
        ("occupations_en.csv", 4, "/isco"),
        ("skills_en.csv", 7, "/skillType"),
        ("skills_en.csv", 8, "/reuseLevel"),
        ("skills_en.csv", 9, "/conceptUri"),
        ("skills_en.csv", 10, "/conceptUri"),
        ("skills_en.csv", 11, "/name"),
        ("skills_en.csv", 12, ""),
    ]
    made = by_key(items)
    assert len(made) == 5
    assert len(made[f"{URI}/occupation/o1"].skills) == 2
    assert len(made[f"{URI}/occupation/o2"].skills) == 2


@pytest.mark.parametrize("name", sorted(ESCO))
def test_nothing_is_taken_without_one_of_the_files_or_columns(tmp_path: Path, name: str) -> None:
    """The file is named, whether it is missing, empty or of another shape."""
    for spoil in (
        Path.unlink,
        lambda file: file.write_text(""),
        lambda file: file.write_text("a,b\n"),
    ):
        path = folder(tmp_path, ESCO)
        spoil(path / name)
        items = read(path, "esco")
        assert faults(items) == [(name, 1, "")]
        assert not by_key(items)


def test_other_languages_are_read_but_not_two_at_once(tmp_path: Path) -> None:
    """The language is in the names of the files; which of two is meant nobody can know."""
    spanish = {name.replace("_en", "_es"): lines for name, lines in ESCO.items()}
    wanted = by_key(read(folder(tmp_path / "en", ESCO), "esco"))
    both = folder(tmp_path / "es", spanish, end="\r\n")
    assert by_key(read(both, "esco")).keys() == wanted.keys()
    folder(both, ESCO)
    items = read(both, "esco")
    assert "more than once" in items[0].faults[0].detail


def test_the_real_sample_is_read_without_a_fault() -> None:
    """3,015 rows are 3,007 occupations of ESCO and eight local ones, which are counted as left out."""
    items = read(shared("esco_sample"), "esco")
    made = by_key(items)
    occupations = {key: body for key, body in made.items() if "/occupation/" in key}
    assert not faults(items)
    assert (len(occupations), len(made) - len(occupations)) == (3_007, 1_000)
    assert sum(len(occupation.skills) for occupation in occupations.values()) == 8_679 - 5
    assert LeftOut("occupations that are local or not released", 8) in items
