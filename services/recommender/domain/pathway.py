"""A path of credentials toward a goal: what it adds up to, in which order, and why it stops."""

import math
from collections.abc import Callable, Sequence
from decimal import Decimal

from msgspec import Struct

from libs.common.contracts.career import PathStep, Pathway, StopReason
from libs.common.contracts.catalog import Credential, Regulation
from libs.common.contracts.redis_values import ListReason
from libs.common.contracts.types import LevelName, Money
from libs.common.rules import regulation
from libs.common.rules.eligibility import hours_available
from libs.common.rules.money import net_cost
from services.recommender.domain import explain, gap, relaxations
from services.recommender.domain.ask import Ask
from services.recommender.domain.choosing import LEAST_GAIN, Limits, choose, in_order
from services.recommender.domain.columns import Array
from services.recommender.domain.fit import cents
from services.recommender.domain.gap import Goal
from services.recommender.domain.offering import Offering, offering
from services.recommender.domain.stacking import Need, Stacking

COVERED = 0.95
"""Readiness from which on a goal counts as reached: no credential teaches for certain."""
MOST_STEPS = 8
MOST_WEEKS = 10_000
"""Beyond is nobody's plan."""
MOST_NAMED = 3
DEPTHS: tuple[tuple[float, LevelName], ...] = ((0.5, "beginner"), (0.83, "intermediate"))


class Path(Struct, frozen=True):
    """The chosen steps: places among the offered, each with the readiness it adds."""

    offered: Offering
    stacking: Stacking
    steps: list[tuple[int, float]]
    limits: Limits

    def residual(self) -> Array:
        return self.stacking.after(self.stacking.nothing(), *(one for one, _ in self.steps))


def pathway(ask: Ask, goal: Goal, max_steps: int | None = None) -> Pathway:
    """The path toward a goal within the constraints of the question."""
    needs = needs_of(goal, ask)
    offered = offering(ask, needs)
    stacking = Stacking(needs, ask.catalog, offered.rows, offered.quality)
    limits = _limits(ask, max_steps or MOST_STEPS)
    steps = in_order(stacking, offered.offer, choose(stacking, offered.offer, limits))
    path = Path(offered, stacking, steps, limits)
    begun = gap.readiness(goal, ask.who.levels)
    reached = None if begun is None else begun + sum(gain for _, gain in steps)
    single = float(stacking.gains(stacking.nothing())[[one for one, _ in steps]].sum())
    return Pathway(
        occupation_id=goal.occupation_id,
        status=goal.status,
        steps=_timed(path, ask, goal, begun or 0.0),
        coverage=None if reached is None else round(min(1.0, reached), 4),
        breadth=len(_raised(path, needs, ask)),
        depth=_depth(path, needs, ask),
        redundancy=round(1 - sum(gain for _, gain in steps) / single, 4) if single else 0.0,
        total_cost=_total_cost(path, ask),
        hours=_total_hours(path, ask),
        weeks=_weeks(_total_hours(path, ask), ask),
        stopped_because=_why(path, goal, reached),
        regulation=_record(goal, ask),
        relaxations=[]
        if steps or not needs
        else relaxations.smallest(ask.catalog, ask.constraints, offered.wanted),
        region=ask.constraints.region,
        income_band=ask.constraints.income_band,
    )


def needs_of(goal: Goal, ask: Ask) -> list[Need]:
    """What is missing, weighted so that F is readiness added."""
    asked = sum(wanted.weight * wanted.level for wanted in goal.wanted)
    return [
        Need(each.skill_id, each.weight / asked, ask.who.levels.get(each.skill_id, 0.0), each.level)
        for each in gap.missing(goal, ask.who.levels)
    ]


def _limits(ask: Ask, steps: int) -> Limits:
    budget, hours = ask.constraints.max_cost, hours_available(ask.constraints)
    return Limits(
        cents=math.inf if budget is None else cents(budget.amount),
        hours=math.inf if hours is None else hours,
        steps=steps,
    )


def _why(path: Path, goal: Goal, reached: float | None) -> StopReason:
    if goal.status == "blocked_pending_licence":
        return "licence_first"
    if reached is not None and reached >= COVERED:
        return "covered"
    chosen = [one for one, _ in path.steps]
    gains = path.stacking.gains(path.residual())
    gains[chosen] = 0
    more = gains >= LEAST_GAIN
    if not more.any():
        return "diminishing_returns" if chosen else "nothing_feasible"
    offer, limits = path.offered.offer, path.limits
    if len(chosen) >= limits.steps:
        return "max_steps"
    if (offer.cents[more] > limits.cents - offer.cents[chosen].sum()).all():
        return "budget"
    if (offer.hours[more] > limits.hours - offer.hours[chosen].sum()).all():
        return "time"
    if math.isfinite(limits.cents):
        return "budget"
    return "time" if math.isfinite(limits.hours) else "diminishing_returns"


def _timed(path: Path, ask: Ask, goal: Goal, coverage: float) -> list[PathStep]:
    """One after the other at the learner's hours a week."""
    timed: list[PathStep] = []
    spent: float | None = 0.0
    for one, gain in path.steps:
        row = int(path.offered.rows[one])
        hours = _hours(row, ask)
        begins, spent = spent, None if spent is None or hours is None else spent + hours
        coverage = min(1.0, coverage + gain)
        timed.append(
            PathStep(
                credential_id=_credential(row, ask).id,
                gain=round(gain, 4),
                coverage=round(coverage, 4),
                hours=hours,
                starts_week=_weeks(begins, ask, math.floor),
                ends_week=_weeks(spent, ask),
                reasons=_reasons(row, path, ask, goal),
            )
        )
    return timed


def _reasons(row: int, path: Path, ask: Ask, goal: Goal) -> list[ListReason]:
    """What the law asks for first, what it closes, what it builds on, who stands behind it, what it is free of."""
    reasons: list[ListReason] = []
    reasons += explain.of_goal(goal)
    closes = [
        each.skill_id
        for each in gap.missing(goal, ask.who.levels)
        if ask.catalog.taught[row].get(each.skill_id, 0.0) > ask.who.levels.get(each.skill_id, 0.0)
    ]
    if closes:
        about = {} if goal.occupation_id is None else {"occupation": goal.occupation_id}
        reasons.append(ListReason("closes_skill_gap", {"skills": closes[:MOST_NAMED], **about}))
    needed = [p.credential for p in _credential(row, ask).prerequisites if p.credential]
    taken = {_credential(int(path.offered.rows[one]), ask).id for one, _ in path.steps}
    if built_on := [each for each in needed if each in taken | ask.who.held]:
        reasons.append(ListReason("builds_on", {"credentials": built_on[:MOST_NAMED]}))
    reasons += ask.catalog.notes[row].attested
    if (cost := _net_cost(row, ask)) is not None and not cost.amount:
        reasons.append(ListReason("free_for_you"))
    return reasons


def _raised(path: Path, needs: Sequence[Need], ask: Ask) -> dict[str, float]:
    """Skill id → the level to which the path raises it, of the skills that it raises."""
    rows = [int(path.offered.rows[one]) for one, _ in path.steps]
    raised = {}
    for need in needs:
        level = max((ask.catalog.taught[row].get(need.skill_id, 0.0) for row in rows), default=0.0)
        if level > need.held:
            raised[need.skill_id] = min(level, need.required)
    return raised


def _depth(path: Path, needs: Sequence[Need], ask: Ask) -> LevelName | None:
    """The name of the weighted mean level of the skills that rise: breadth is never sold as depth."""
    raised = _raised(path, needs, ask)
    weights = {need.skill_id: need.weight for need in needs if need.skill_id in raised}
    if not weights:
        return None
    mean = sum(weights[each] * raised[each] for each in weights) / sum(weights.values())
    return next((name for below, name in DEPTHS if mean < below), "advanced")


def _total_cost(path: Path, ask: Ask) -> Money | None:
    """Net of aid. None when a step's cost is unknown or they are in several currencies."""
    costs = [_net_cost(int(path.offered.rows[one]), ask) for one, _ in path.steps]
    known = [cost for cost in costs if cost is not None]
    currencies = {cost.currency for cost in known if cost.amount}
    if len(known) < len(costs) or len(currencies) > 1:
        return None
    budget = ask.constraints.max_cost
    currency = next(iter(currencies), "USD" if budget is None else budget.currency)
    return Money(sum((cost.amount for cost in known), Decimal("0.00")), currency)


def _total_hours(path: Path, ask: Ask) -> float | None:
    known = [_hours(int(path.offered.rows[one]), ask) for one, _ in path.steps]
    return None if None in known else sum(hours for hours in known if hours is not None)


def _weeks(hours: float | None, ask: Ask, whole: Callable[[float], int] = math.ceil) -> int | None:
    pace = ask.constraints.hours_per_week
    weeks = hours / pace if hours is not None and pace else math.inf
    return whole(weeks) if weeks <= MOST_WEEKS else None


def _hours(row: int, ask: Ask) -> float | None:
    hours = float(ask.catalog.fit.hours.first(len(ask.catalog))[row])
    return None if math.isnan(hours) else hours


def _net_cost(row: int, ask: Ask) -> Money | None:
    return net_cost(_credential(row, ask), ask.constraints.region, ask.constraints.income_band)


def _credential(row: int, ask: Ask) -> Credential:
    credential = ask.catalog.credentials[row]
    assert credential is not None
    return credential


def _record(goal: Goal, ask: Ask) -> Regulation | None:
    if goal.occupation_id is None:
        return None
    return regulation.find(ask.catalog.regulations, goal.occupation_id, ask.constraints.region)
