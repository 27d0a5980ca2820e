"""The gap between what a learner holds and what a goal asks for, and what each credential adds.

Readiness = Σ w·min(held, required) / Σ w·required; the gain of a credential is the readiness that it
alone would add, as surely as it teaches (`stacking`'s F of one credential; career.md).
"""

from collections.abc import Mapping

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from libs.common.contracts.calls import Job, Target, WantedSkill
from libs.common.contracts.catalog import Occupation
from libs.common.contracts.redis_values import TargetStatus
from libs.common.rules import levels, regulation
from services.recommender.domain.catalog_index import CatalogIndex
from services.recommender.domain.columns import Array
from services.recommender.domain.jobs import occupation_of_job, skills_of_job
from services.recommender.domain.seeker import Seeker


class Wanted(Struct, frozen=True):
    """A skill that a goal asks for; weight and level are 0 to 1."""

    skill_id: str
    weight: float
    level: float


class Goal(Struct, frozen=True, kw_only=True):
    """A target as skills. `licences` are the credentials that a regulated occupation asks for first."""

    occupation_id: str | None
    wanted: list[Wanted]
    status: TargetStatus
    regulator: str | None = None
    licences: list[str] = []


def goal(
    target: Target | None, seeker: Seeker, catalog: CatalogIndex, region: str | None
) -> Goal | None:
    """The goal of a request, else the learner's own; None without one or when nobody knows it."""
    if target is None:
        return _occupation_goal(seeker.occupation, seeker, catalog, region)
    if target.skills is not None:
        return _skills_goal(target.skills)
    if target.job is not None:
        occupation_id = occupation_of_job(target.job, catalog)
        if occupation_id is None:
            return _named_goal(target.job, catalog)
        found = _occupation_goal(occupation_id, seeker, catalog, target.job.region or region)
        if found is None or found.wanted:
            return found
        named = _named_goal(target.job, catalog)
        status = named.status if found.status == "no_skill_data" else found.status
        return replace(found, wanted=named.wanted, status=status)
    return _occupation_goal(target.occupation, seeker, catalog, region)


def readiness(goal: Goal, held: Mapping[str, float]) -> float | None:
    """From 0 to 1; None when the goal has no skills."""
    asked = _asked(goal)
    if not asked:
        return None
    met = sum(w.weight * min(held.get(w.skill_id, 0.0), w.level) for w in goal.wanted)
    return min(1.0, met / asked)


def gains(goal: Goal, held: Mapping[str, float], catalog: CatalogIndex, quality: Array) -> Array:
    """F({c}) of each credential, the readiness that it would add by itself (n,); quality: its value (n,)."""
    total = np.zeros(len(catalog))
    asked = _asked(goal)
    for wanted in missing(goal, held) if asked else ():
        rows, taught = catalog.teaching.rows(wanted.skill_id)
        added = np.minimum(taught, wanted.level) - held.get(wanted.skill_id, 0.0)
        sure = catalog.certainty.rows(wanted.skill_id)[1]
        total[rows] += wanted.weight / asked * np.maximum(added, 0.0) * sure
    return total * quality


def missing(goal: Goal, held: Mapping[str, float]) -> list[Wanted]:
    """The skills not held at the level asked for, the heaviest first."""
    lacking = [w for w in goal.wanted if held.get(w.skill_id, 0.0) < w.level and w.weight > 0]
    return sorted(lacking, key=lambda wanted: (-wanted.weight * wanted.level, wanted.skill_id))


def _asked(goal: Goal) -> float:
    return sum(wanted.weight * wanted.level for wanted in goal.wanted)


def _occupation_goal(
    occupation_id: str | None, seeker: Seeker, catalog: CatalogIndex, region: str | None
) -> Goal | None:
    occupation = catalog.occupations.get(occupation_id) if occupation_id is not None else None
    if occupation is None:
        return None
    record = regulation.find(catalog.regulations, occupation.id, region)
    return Goal(
        occupation_id=occupation.id,
        wanted=_wanted(occupation),
        status=regulation.status(occupation, record, seeker.held),
        regulator=record.regulator.name if record is not None and record.regulator else None,
        licences=record.required_credentials if record is not None else [],
    )


def _wanted(occupation: Occupation) -> list[Wanted]:
    return [
        Wanted(skill.id, levels.importance(skill), levels.required(skill))
        for skill in occupation.skills
    ]


def _named_goal(job: Job, catalog: CatalogIndex) -> Goal:
    named = skills_of_job(job, catalog)
    return _skills_goal([WantedSkill(id=each.skill_id) for each in named])


def _skills_goal(skills: list[WantedSkill]) -> Goal:
    wanted = [
        Wanted(
            skill.id,
            1.0 if skill.importance is None else skill.importance,
            1.0 if skill.level is None else skill.level,
        )
        for skill in skills
    ]
    return Goal(occupation_id=None, wanted=wanted, status="open" if wanted else "no_skill_data")
