"""The files of O*NET's text database, as onetcenter.org publishes them and with titles and names added.

Element names are in the rating files of some editions, else in the Content Model Reference.
"""

import re
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from services.catalog.domain.records import Rejected, Working
from services.catalog.importers.folders import Folder, Member
from services.catalog.importers.staging import Duplicate, Staging, Table, Unrelated
from services.catalog.importers.tables import TABS, BadCell, Column, Row

SCHEMA = """
    CREATE TABLE occupation (code TEXT PRIMARY KEY, title, description, file, line);
    CREATE TABLE reference (id TEXT PRIMARY KEY, name);
    CREATE TABLE element (id TEXT PRIMARY KEY, name, kind, file, line);
    CREATE TABLE commodity (id TEXT PRIMARY KEY, name, file, line);
    CREATE TABLE rating (code REFERENCES occupation, element, scale, value,
                         PRIMARY KEY (code, element, scale)) WITHOUT ROWID;
    CREATE TABLE tool (code REFERENCES occupation, commodity, example,
                       PRIMARY KEY (code, commodity, example)) WITHOUT ROWID;
    CREATE TABLE zone (code PRIMARY KEY REFERENCES occupation, zone) WITHOUT ROWID;
    CREATE TABLE title (code REFERENCES occupation, title, PRIMARY KEY (code, title)) WITHOUT ROWID;
"""
CODE = Column(("O*NET-SOC Code",))
OCCUPATIONS = Table(
    {"code": CODE, "title": Column(("Title",)), "description": Column(("Description",))}, TABS
)
RATINGS = Table(
    {
        "code": CODE,
        "element": Column(("Element ID",)),
        "name": Column(("Element Name",), required=False),
        "scale": Column(("Scale ID",)),
        "value": Column(("Data Value",)),
        "suppressed": Column(("Recommend Suppress",)),
        "irrelevant": Column(("Not Relevant",)),
    },
    TABS,
)
TOOLS = Table(
    {
        "code": CODE,
        "example": Column(("Example",)),
        "commodity": Column(("Commodity Code",)),
        "name": Column(("Commodity Title",)),
    },
    TABS,
)
ZONES = Table({"code": CODE, "zone": Column(("Job Zone",))}, TABS)
TITLES = Table({"code": CODE, "title": Column(("Alternate Title",))}, TABS)
REFERENCE = Table({"element": Column(("Element ID",)), "name": Column(("Element Name",))}, TABS)

SCALES = {"IM": (1.0, 5.0), "LV": (0.0, 7.0)}
_SOC = re.compile("[0-9]{2}-[0-9]{4}[.][0-9]{2}")
_NUMBER = re.compile("[0-9]+([.][0-9]+)?")


class Found(NamedTuple):
    """The files of a folder; the last two are not in every one."""

    occupations: Member
    skills: Member
    knowledge: Member
    tools: Member
    zones: Member
    reference: Member | None
    titles: Member | None

    @property
    def members(self) -> list[Member]:
        return [member for member in self if member is not None]


def find(folder: Folder) -> Found:
    """Raises CannotRead: without one of the files its part of every occupation would be lost."""
    names = ("Occupation Data", "Skills", "Knowledge", "Technology Skills", "Job Zones")
    needed = (folder.get(f"{name}[.]txt", f"{name}.txt") for name in names)
    more = ("Content Model Reference", "Alternate Titles")
    return Found(*needed, *(folder.find(f"{name}[.]txt") for name in more))


def stage(staging: Staging, found: Found) -> Iterator[Rejected | Working]:
    """Reads everything; a bad row is refused and the others are taken."""
    yield from staging.fill(
        found.occupations, OCCUPATIONS, partial(_occupation, staging, found.occupations.name)
    )
    if found.reference is not None:
        yield from staging.fill(found.reference, REFERENCE, partial(_reference, staging))
    for member, kind in ((found.skills, "skill"), (found.knowledge, "knowledge")):
        yield from staging.fill(member, RATINGS, partial(_rating, staging, member.name, kind))
    yield from staging.fill(found.tools, TOOLS, partial(_tool, staging, found.tools.name))
    yield from staging.fill(found.zones, ZONES, partial(_zone, staging))
    if found.titles is not None:
        yield from staging.fill(found.titles, TITLES, partial(_title, staging))


def _occupation(staging: Staging, file: str, row: Row) -> None:
    if not _SOC.fullmatch(row("code")):
        raise BadCell("code", "is not an O*NET-SOC code such as 11-1011.00")
    insert = "INSERT INTO occupation VALUES (?, ?, ?, ?, ?)"
    _once(staging, "code", insert, row("code"), row("title"), row("description"), file, row.line)


def _reference(staging: Staging, row: Row) -> None:
    insert = "INSERT INTO reference VALUES (?, ?)"
    _once(staging, "element", insert, row("element"), row("name"))


def _rating(staging: Staging, file: str, kind: str, row: Row) -> None:
    """A rating that must not be used is kept as NULL, so that its element is not either."""
    scale, element = row("scale"), row("element")
    if scale not in SCALES:
        raise BadCell("scale", f"is neither {' nor '.join(SCALES)}")
    lowest, highest = SCALES[scale]
    text = row("value")
    good = bool(_NUMBER.fullmatch(text)) and lowest <= float(text) <= highest
    used = good and "Y" not in (row("suppressed"), row("irrelevant"))
    name = row("name") or _name(staging, element)
    insert = "INSERT INTO rating VALUES (?, ?, ?, ?)"
    _once(staging, "element", insert, row("code"), element, scale, float(text) if used else None)
    insert = "INSERT INTO element VALUES (?, ?, ?, ?, ?)"
    _first(staging, insert, element, name, kind, file, row.line)
    if not good:
        raise BadCell("value", f"is not a number from {lowest:g} to {highest:g}")


def _name(staging: Staging, element: str) -> str:
    named = staging.select("SELECT name FROM reference WHERE id = ?", element).fetchone()
    if named is None:
        raise BadCell("element", "is named neither here nor in Content Model Reference.txt")
    return str(named[0])


def _tool(staging: Staging, file: str, row: Row) -> None:
    if not row("commodity").isdecimal():
        raise BadCell("commodity", "is not a commodity code")
    insert = "INSERT INTO tool VALUES (?, ?, ?)"
    _once(staging, "example", insert, row("code"), row("commodity"), row("example"))
    insert = "INSERT INTO commodity VALUES (?, ?, ?, ?)"
    _first(staging, insert, row("commodity"), row("name"), file, row.line)


def _zone(staging: Staging, row: Row) -> None:
    if row("zone") not in ("1", "2", "3", "4", "5"):
        raise BadCell("zone", "is not a job zone from 1 to 5")
    _once(staging, "code", "INSERT INTO zone VALUES (?, ?)", row("code"), int(row("zone")))


def _title(staging: Staging, row: Row) -> None:
    """The same title may come from several sources."""
    try:
        _first(staging, "INSERT INTO title VALUES (?, ?)", row("code"), row("title"))
    except Unrelated:
        raise BadCell("code", "is not in Occupation Data.txt") from None


def _once(staging: Staging, column: str, insert: str, *values: object) -> None:
    """Refuses a row whose key an earlier one has."""
    try:
        staging.add(insert, *values)
    except Duplicate:
        raise BadCell(column, "was given by an earlier row") from None
    except Unrelated:
        raise BadCell("code", "is not in Occupation Data.txt") from None


def _first(staging: Staging, insert: str, *values: object) -> None:
    """Keeps the first row of a key."""
    staging.add(insert.replace("INSERT", "INSERT OR IGNORE"), *values)
