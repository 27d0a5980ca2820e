"""ESCO's CSV: occupations with their essential and optional skills.

Ids are ESCO's URIs, since its codes move between releases. Whether an occupation is regulated is not
taken from ESCO: its flag misses lawyers and teachers (career.md).
"""

from collections.abc import Iterator
from typing import Any

from services.catalog.domain.kinds import OCCUPATION, SKILL
from services.catalog.domain.records import LeftOut, Record, Rejected, Working
from services.catalog.importers import esco_files as files
from services.catalog.importers.bodies import checked
from services.catalog.importers.folders import Folder
from services.catalog.importers.staging import Gauge, Staging

SKILLS = "SELECT uri, name, aliases, kind, reuse_level, line FROM skill WHERE used ORDER BY uri"
OCCUPATIONS = """
    SELECT key, uri, name, aliases, description, isco, line FROM occupation WHERE used ORDER BY uri
"""
REQUIRED = """
    SELECT skill.uri, relation.relation FROM relation JOIN skill ON skill.key = relation.skill
    WHERE relation.occupation = ? AND skill.used ORDER BY relation.relation, skill.uri
"""
LEFT_OUT = {
    "occupations that are local or not released": "SELECT COUNT(*) FROM occupation WHERE used IS NULL",
    "skills that are not released": "SELECT COUNT(*) FROM skill WHERE used IS NULL",
    "relations of those": """
        SELECT COUNT(*) FROM relation JOIN occupation ON occupation.key = relation.occupation
        JOIN skill ON skill.key = relation.skill WHERE occupation.used IS NULL OR skill.used IS NULL""",
}


def read(folder: Folder, gauge: Gauge) -> Iterator[Record | Rejected | LeftOut | Working]:
    """Skills first, then occupations. Raises CannotRead before the first record."""
    found = files.find(folder)
    staging = Staging(files.SCHEMA, found, gauge)
    try:
        yield from files.stage(staging, found)
        total = staging.number(
            "SELECT (SELECT COUNT(*) FROM skill) + (SELECT COUNT(*) FROM occupation)"
        )
        for done, record in enumerate(_records(staging, found)):
            staging.publishing(done, total)
            yield record
        for why, query in LEFT_OUT.items():
            if rows := staging.number(query):
                yield LeftOut(why, rows)
    finally:
        staging.close()


def _records(staging: Staging, found: files.Found) -> Iterator[Record | Rejected]:
    for uri, name, aliases, kind, reuse_level, line in staging.select(SKILLS):
        parts = {
            "id": uri,
            "name": name,
            "aliases": _aliases(aliases, name),
            "kind": kind,
            "reuse_level": reuse_level,
        }
        yield checked(SKILL, parts, line=line, file=found.skills.name, whole=False)
    for key, uri, name, aliases, description, isco, line in staging.select(OCCUPATIONS):
        parts = {
            "id": uri,
            "name": name,
            "aliases": _aliases(aliases, name),
            "description": description or None,
            "isco": isco or None,
            "skills": list(_required(staging, key)),
        }
        yield checked(OCCUPATION, parts, line=line, file=found.occupations.name, whole=False)


def _required(staging: Staging, key: str) -> Iterator[dict[str, Any]]:
    for uri, relation in staging.select(REQUIRED, key):
        yield {"id": uri, "relation": relation}


def _aliases(text: str, name: str) -> list[str]:
    """Other labels, one a line, each once; not the name itself."""
    labels = (" ".join(label.split()) for label in text.splitlines())
    return [label for label in dict.fromkeys(labels) if label and label != name]
