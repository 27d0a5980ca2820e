"""Job postings as occupations or skills: whole names and aliases found in the text, precision before recall."""

import re
from collections.abc import Iterable, Mapping

from libs.common.contracts.calls import Job, WantedSkill
from libs.common.contracts.catalog import Occupation, Skill

WORD = re.compile(r"[^\W_]+")
SHORTEST = 4
"""Shorter names (`Go`, `R`) are words of their own far more often than they are skills."""


def occupation_of_job(job: Job, occupations: Mapping[str, Occupation]) -> str | None:
    """The occupation whose name or alias is in the title; the longest name wins, ties by id."""
    title = _words(job.title)
    found = [
        (-len(name), occupation.id)
        for occupation in occupations.values()
        for name in _names(occupation)
        if name in title and occupation.skills
    ]
    return min(found)[1] if found else None


def skills_of_job(job: Job, skills: Mapping[str, Skill]) -> list[WantedSkill]:
    """The skills whose name or alias is in the title or the description."""
    text = _words(f"{job.title}\n{job.description or ''}")
    return [
        WantedSkill(id=skill.id)
        for skill in skills.values()
        if any(name in text for name in _names(skill))
    ]


def _names(known: Occupation | Skill) -> Iterable[str]:
    return [_words(name) for name in (known.name, *known.aliases) if len(name) >= SHORTEST]


def _words(text: str) -> str:
    """The words in lower case with a space around each, so that `in` finds whole words only."""
    return f" {' '.join(WORD.findall(text.casefold()))} "
