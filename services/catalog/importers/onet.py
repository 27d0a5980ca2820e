"""O*NET's text database: occupations with the skills, knowledge and software that they ask for.

Ids are `onet:` and the O*NET-SOC code, the element id, or the commodity code of a kind of software,
whose products are its aliases. Importance is (IM - 1) / 4, level LV / 7 (career.md). Software is
optional, and O*NET says neither its importance nor its level.
"""

from collections.abc import Iterator
from typing import Any, Literal

from services.catalog.domain.kinds import OCCUPATION, SKILL
from services.catalog.domain.records import LeftOut, Record, Rejected, Working
from services.catalog.importers import onet_files as files
from services.catalog.importers.bodies import checked
from services.catalog.importers.folders import Folder
from services.catalog.importers.staging import Gauge, Staging

# A requirement needs both its ratings where O*NET has both: with its level left out as not relevant or
# too uncertain it would ask for the whole of a skill, since an absent level counts as 1.
RATED = """
    SELECT im.element, im.value, lv.value FROM rating AS im
    LEFT JOIN rating AS lv ON lv.code = im.code AND lv.element = im.element AND lv.scale = 'LV'
    WHERE im.code = ? AND im.scale = 'IM' AND im.value IS NOT NULL AND (lv.code IS NULL OR lv.value IS NOT NULL)
    ORDER BY im.element
"""
# A product that O*NET files under several kinds of software names the one it is most often filed under.
PRODUCTS = """
    CREATE TABLE product AS SELECT commodity, example FROM (
        SELECT example, commodity,
               ROW_NUMBER() OVER (PARTITION BY example ORDER BY COUNT(*) DESC, commodity) AS place
        FROM tool GROUP BY example, commodity
    ) WHERE place = 1 ORDER BY commodity, example
"""
PRODUCTS_OF = "SELECT example FROM product WHERE commodity = ? ORDER BY example"
UNUSED = """
    SELECT COUNT(*) FROM rating AS each WHERE EXISTS (
        SELECT 1 FROM rating AS bad
        WHERE bad.code = each.code AND bad.element = each.element AND bad.value IS NULL)
"""


def read(folder: Folder, gauge: Gauge) -> Iterator[Record | Rejected | LeftOut | Working]:
    """Skills first, then occupations. Raises CannotRead before the first record."""
    found = files.find(folder)
    staging = Staging(files.SCHEMA, found.members, gauge)
    try:
        yield from files.stage(staging, found)
        staging.select(PRODUCTS)
        skills = staging.number(
            "SELECT (SELECT COUNT(*) FROM element) + (SELECT COUNT(*) FROM commodity)"
        )
        total = skills + staging.number("SELECT COUNT(*) FROM occupation")
        records = _records(staging, aliases=found.titles is not None)
        for done, record in enumerate(records):
            staging.publishing(done, total)
            yield record
        yield from _left_out(staging)
    finally:
        staging.close()


def _records(staging: Staging, *, aliases: bool) -> Iterator[Record | Rejected]:
    for id, name, kind, file, line in staging.select("SELECT * FROM element ORDER BY id"):
        yield _skill(id, name, kind, file, line)
    for id, name, file, line in staging.select("SELECT * FROM commodity ORDER BY id"):
        products = [product for (product,) in staging.select(PRODUCTS_OF, id)]
        yield _skill(id, name, "tool", file, line, aliases=products)
    for row in staging.select(
        "SELECT code, title, description, file, line FROM occupation ORDER BY code"
    ):
        yield _occupation(staging, *row, aliases=aliases)


def _skill(
    id: str,
    name: str,
    kind: Literal["skill", "knowledge", "tool"],
    file: str,
    line: int,
    **more: Any,
) -> Record | Rejected:
    parts = {"id": f"onet:{id}", "name": name, "kind": kind, **more}
    return checked(SKILL, parts, line=line, file=file, whole=False)


def _occupation(
    staging: Staging,
    code: str,
    title: str,
    description: str,
    file: str,
    line: int,
    *,
    aliases: bool,
) -> Record | Rejected:
    zone = staging.select("SELECT zone FROM zone WHERE code = ?", code).fetchone()
    parts: dict[str, Any] = {
        "id": f"onet:{code}",
        "name": title,
        "description": description or None,
        "soc": code,
        "job_zone": None if zone is None else zone[0],
        "skills": _required(staging, code),
    }
    if aliases:
        titles = staging.select("SELECT title FROM title WHERE code = ? ORDER BY title", code)
        parts["aliases"] = [other for (other,) in titles if other != title]
    return checked(OCCUPATION, parts, line=line, file=file, whole=False)


def _required(staging: Staging, code: str) -> list[dict[str, Any]]:
    """Nothing for what O*NET has not rated: software alone says too little of what an occupation asks."""
    rated = list(_rated(staging, code))
    return [*rated, *_tools(staging, code)] if rated else []


def _rated(staging: Staging, code: str) -> Iterator[dict[str, Any]]:
    for element, importance, level in staging.select(RATED, code):
        yield {
            "id": f"onet:{element}",
            "importance": round((importance - 1) / 4, 4),
            "level": None if level is None else round(level / 7, 4),
        }


def _tools(staging: Staging, code: str) -> Iterator[dict[str, Any]]:
    query = "SELECT DISTINCT commodity FROM tool WHERE code = ? ORDER BY commodity"
    for (commodity,) in staging.select(query, code):
        yield {"id": f"onet:{commodity}", "relation": "optional"}


def _left_out(staging: Staging) -> Iterator[LeftOut]:
    rows = staging.number(UNUSED)
    if rows:
        yield LeftOut(
            "ratings that are suppressed or not relevant, or the other of such an element", rows
        )
