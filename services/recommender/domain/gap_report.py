"""The gap as an answer: what is held of a goal and what is missing, skill by skill."""

from libs.common.contracts.calls import Target
from libs.common.contracts.career import Gap, GapSkill
from libs.common.rules import regulation
from services.recommender.domain import gap
from services.recommender.domain.ask import Ask
from services.recommender.domain.gap import Goal
from services.recommender.domain.jobs import skills_of_job


def gap_of(ask: Ask, goal: Goal, target: Target | None) -> Gap:
    """The gap of whoever asks to the goal; `target` is what they asked for."""
    skills = [
        GapSkill(
            skill_id=wanted.skill_id,
            importance=wanted.weight,
            required_level=wanted.level,
            held_level=round(ask.who.levels.get(wanted.skill_id, 0.0), 4),
        )
        for wanted in sorted(
            goal.wanted, key=lambda each: (-each.weight * each.level, each.skill_id)
        )
        if wanted.weight > 0
    ]
    lacking = {each.skill_id for each in gap.missing(goal, ask.who.levels)}
    readiness = gap.readiness(goal, ask.who.levels)
    job = target.job if target is not None else None
    region = (job.region if job is not None else None) or ask.constraints.region
    return Gap(
        occupation_id=goal.occupation_id,
        readiness=None if readiness is None else round(readiness, 4),
        status=goal.status,
        held=[each for each in skills if each.skill_id not in lacking],
        missing=[each for each in skills if each.skill_id in lacking],
        regulation=regulation.find(ask.catalog.regulations, goal.occupation_id, region)
        if goal.occupation_id is not None
        else None,
        matched=skills_of_job(job, ask.catalog) if job is not None else [],
    )
