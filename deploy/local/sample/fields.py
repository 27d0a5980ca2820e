"""The sample world's fields of work, read from domains.toml: their skills and occupations."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOUNDATIONS = 4


@dataclass(frozen=True)
class SampleSkill:
    """A skill; `foundation` ones are where a field begins."""

    id: str
    name: str
    domain: str
    foundation: bool


@dataclass(frozen=True)
class SampleOccupation:
    """An occupation with the ids of the skills it asks for; the wage is in US dollars a year."""

    id: str
    name: str
    domain: str
    soc: str
    isco: str
    zone: int
    wage: int
    essential: tuple[str, ...]
    optional: tuple[str, ...]


@dataclass(frozen=True)
class Fields:
    """Everything that domains.toml says, in its order."""

    skills: tuple[SampleSkill, ...]
    occupations: tuple[SampleOccupation, ...]

    def in_domain(self, domain: str) -> list[SampleSkill]:
        """The skills of one field."""
        return [skill for skill in self.skills if skill.domain == domain]

    @property
    def domains(self) -> list[str]:
        """The names of the fields."""
        return list(dict.fromkeys(skill.domain for skill in self.skills))


def slug(name: str) -> str:
    """A name as part of an id: lower case, hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


@cache
def read() -> Fields:
    """The fields, skills as `skill/<slug>` and occupations as `occupation/<slug>`."""
    text = (Path(__file__).parent / "domains.toml").read_text("utf-8")
    domains: dict[str, dict[str, Any]] = tomllib.loads(text)
    skills = tuple(
        SampleSkill(f"skill/{slug(name)}", name, domain, position < FOUNDATIONS)
        for domain, parts in domains.items()
        for position, name in enumerate(parts["skills"])
    )
    occupations = tuple(
        _occupation(domain, parts) for domain in domains for parts in domains[domain]["occupations"]
    )
    return Fields(skills, occupations)


def _occupation(domain: str, parts: dict[str, Any]) -> SampleOccupation:
    return SampleOccupation(
        id=f"occupation/{slug(parts['name'])}",
        name=parts["name"],
        domain=domain,
        soc=parts["soc"],
        isco=parts["isco"],
        zone=parts["zone"],
        wage=parts["wage"],
        essential=tuple(_skill_id(name) for name in parts["essential"]),
        optional=tuple(_skill_id(name) for name in parts["optional"]),
    )


def _skill_id(name: str) -> str:
    return f"skill/{slug(name.rsplit('/', 1)[-1])}"
