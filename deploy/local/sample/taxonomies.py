"""Skills of O*NET and ESCO that the sample world teaches, read from taxonomies.toml."""

import tomllib
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from deploy.local.sample.fields import slug


@dataclass(frozen=True)
class ImportedSkill:
    """A skill under the id that the catalog's importers give it, and the sample skills it goes with."""

    id: str
    name: str
    kind: Literal["skill", "knowledge", "tool"]
    goes_with: tuple[str, ...]


@cache
def read() -> tuple[ImportedSkill, ...]:
    """All of them, O*NET's first."""
    text = (Path(__file__).parent / "taxonomies.toml").read_text("utf-8")
    return tuple(
        ImportedSkill(
            id=each["id"],
            name=each["name"],
            kind=each["kind"],
            goes_with=tuple(f"skill/{slug(name)}" for name in each["with"]),
        )
        for taxonomy in tomllib.loads(text).values()
        for each in taxonomy
    )


@cache
def taught_with() -> dict[str, list[str]]:
    """Sample skill → the ids that whoever teaches it teaches as well."""
    ids: dict[str, list[str]] = defaultdict(list)
    for imported in read():
        for skill in imported.goes_with:
            ids[skill].append(imported.id)
    return dict(ids)
