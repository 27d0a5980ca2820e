"""ESCO's files: as the portal publishes them, keyed by URI, and with keys of their own beside the URI."""

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from services.catalog.domain.records import Rejected, Working
from services.catalog.importers.folders import Folder, Member
from services.catalog.importers.staging import Duplicate, Staging, Table, Unrelated
from services.catalog.importers.tables import COMMAS, BadCell, Column, Row

# `used` is NULL for what is left out, so that only what is used has to have a URI of its own.
SCHEMA = """
    CREATE TABLE skill (key TEXT PRIMARY KEY, uri, name, aliases, kind, reuse_level, line, used,
                        UNIQUE (uri, used));
    CREATE TABLE occupation (key TEXT PRIMARY KEY, uri, name, aliases, description, isco, line, used,
                             UNIQUE (uri, used));
    CREATE TABLE relation (occupation REFERENCES occupation, skill REFERENCES skill, relation,
                           PRIMARY KEY (occupation, skill)) WITHOUT ROWID;
"""
URI = ("conceptUri", "ORIGINURI")
LABELS = {
    "uri": Column(URI),
    "key": Column(("ID", *URI)),
    "name": Column(("preferredLabel",)),
    "aliases": Column(("altLabels",)),
    "status": Column(("status",), required=False),
}
SKILLS = Table(
    {**LABELS, "kind": Column(("skillType",)), "reuse_level": Column(("reuseLevel",))}, COMMAS
)
OCCUPATIONS = Table(
    {
        **LABELS,
        "isco": Column(("iscoGroup", "OCCUPATIONGROUPCODE")),
        "description": Column(("description",)),
        "type": Column(("OCCUPATIONTYPE",), required=False),
    },
    COMMAS,
)
RELATIONS = Table(
    {
        "occupation": Column(("occupationUri", "OCCUPATIONID")),
        "relation": Column(("relationType",)),
        "skill": Column(("skillUri", "SKILLID")),
    },
    COMMAS,
)
KINDS = {"skill/competence": "skill", "knowledge": "knowledge", "": None}
REUSE_LEVELS = ("transversal", "cross-sector", "sector-specific", "occupation-specific", "")
RELATED = ("essential", "optional")
LOCAL = "localoccupation"
_LANGUAGE = "(_[a-z]{2})?[.]csv"


class Found(NamedTuple):
    """The three files of a folder."""

    skills: Member
    occupations: Member
    relations: Member


def find(folder: Folder) -> Found:
    """Raises CannotRead."""
    return Found(
        folder.get(f"skills{_LANGUAGE}", "skills_en.csv"),
        folder.get(f"occupations{_LANGUAGE}", "occupations_en.csv"),
        folder.get(
            f"(occupationSkillRelations|occupation_to_skill_relations){_LANGUAGE}",
            "occupationSkillRelations_en.csv",
        ),
    )


def stage(staging: Staging, found: Found) -> Iterator[Rejected | Working]:
    """Reads everything; a bad row is refused and the others are taken."""
    yield from staging.fill(found.skills, SKILLS, partial(_skill, staging))
    yield from staging.fill(found.occupations, OCCUPATIONS, partial(_occupation, staging))
    yield from staging.fill(found.relations, RELATIONS, partial(_relation, staging))


def _skill(staging: Staging, row: Row) -> None:
    if row("kind") not in KINDS:
        raise BadCell("kind", "is neither skill/competence nor knowledge")
    if row("reuse_level") not in REUSE_LEVELS:
        raise BadCell("reuse_level", "is not a reuse level of ESCO")
    kind = KINDS[row("kind")]
    more = (kind, row("reuse_level") or None, row.line, _used(row, released=_released(row)))
    insert = "INSERT INTO skill VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    _add(staging, insert, row("key"), row("uri"), row("name"), row("aliases"), *more)


def _occupation(staging: Staging, row: Row) -> None:
    local = row("type") == LOCAL
    used = _used(row, released=_released(row) and not local)
    more = (row("description"), row("isco"), row.line, used)
    insert = "INSERT INTO occupation VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    _add(staging, insert, row("key"), row("uri"), row("name"), row("aliases"), *more)


def _relation(staging: Staging, row: Row) -> None:
    """Local occupations relate in ways of their own, which are left out with them."""
    occupation, skill, relation = row("occupation"), row("skill"), row("relation")
    used = staging.select("SELECT used FROM occupation WHERE key = ?", occupation).fetchone()
    if used == (1,) and relation not in RELATED:
        raise BadCell("relation", f"is neither {' nor '.join(RELATED)}")
    try:
        staging.add("INSERT INTO relation VALUES (?, ?, ?)", occupation, skill, relation)
    except Duplicate:
        raise BadCell("skill", "was related to the occupation by an earlier row") from None
    except Unrelated:
        column = "occupation" if used is None else "skill"
        raise BadCell(column, f"is not among the {column}s") from None


def _released(row: Row) -> bool:
    return row("status") in ("released", "")


def _used(row: Row, *, released: bool) -> int | None:
    if released and not row("uri").startswith(("http://", "https://")):
        raise BadCell("uri", "is not a URI")
    return 1 if released else None


def _add(staging: Staging, insert: str, *values: object) -> None:
    try:
        staging.add(insert, *values)
    except Duplicate:
        raise BadCell("uri", "was given by an earlier row") from None
