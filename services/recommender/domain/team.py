"""A team against an occupation: where its gaps are, and the cheapest credentials that close them.

Everything is over the members given, who all share. Each is held to their own region, languages and delivery; not to their
budget and hours, because it is the employer who pays. What costs an unknown amount is not offered.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from libs.common.contracts.calls import Constraints
from libs.common.contracts.teams import TeamCredential, TeamGap, TeamRow, TeamSkill
from libs.common.contracts.types import Money
from services.recommender.domain import gap
from services.recommender.domain.ask import Ask
from services.recommender.domain.covering import Chosen, Parts, Seat, cover, reached, readiness
from services.recommender.domain.gap import Goal
from services.recommender.domain.offering import Offering, offering
from services.recommender.domain.pathway import needs_of
from services.recommender.domain.stacking import Stacking

DEAREST = Decimal("999999999.99")
Team = Sequence[tuple[Ask, Goal]]


def of_member(constraints: Constraints, currency: str) -> Constraints:
    """What a member's own constraints leave of them in a team."""
    return Constraints(
        max_cost=Money(DEAREST, currency),
        delivery=constraints.delivery,
        languages=constraints.languages,
        region=constraints.region,
        income_band=constraints.income_band,
    )


def team_gap(team: Team, coverage: float, currency: str) -> Parts[TeamGap]:
    """The gap of a team whose members all aim at one occupation, at a mean readiness of `coverage`."""
    offered, seats = [], []
    for ask, goal in team:
        offered.append(offering(ask, needs_of(goal, ask)))
        seats.append(_seat(ask, goal, offered[-1]))
        yield
    known = bool(team[0][1].wanted)
    chosen: Chosen = [[] for _ in team]
    if known:
        chosen = yield from cover(seats, coverage)
    takes = [
        _ids(ask, each, taken) for (ask, _), each, taken in zip(team, offered, chosen, strict=True)
    ]
    credentials = _credentials(seats, chosen, takes, currency)
    total = sum((each.net_cost.amount for each in credentials), Decimal("0.00"))
    return TeamGap(
        heat_map=_heat_map(team),
        credentials=credentials,
        coverage=round(min(1.0, reached(seats, chosen)), 4) if known else None,
        total_cost=Money(total, currency),
        members=[_row(ask, goal, ids) for (ask, goal), ids in zip(team, takes, strict=True)],
    )


def _seat(ask: Ask, goal: Goal, offered: Offering) -> Seat:
    stacking = Stacking(needs_of(goal, ask), ask.catalog, offered.rows, offered.quality)
    return Seat(gap.readiness(goal, ask.who.levels) or 0.0, stacking, offered.offer)


def _ids(ask: Ask, offered: Offering, taken: Sequence[int]) -> list[str]:
    credentials = (ask.catalog.credentials[int(offered.rows[one])] for one in taken)
    return [each.id for each in credentials if each is not None]


def _heat_map(team: Team) -> list[TeamSkill]:
    """The goal's skills, each across the members."""
    wanted = _in_order(team[0][1])
    held = np.array([_levels(ask, goal) for ask, goal in team]).reshape(len(team), len(wanted))
    return [
        TeamSkill(
            skill_id=each.skill_id,
            importance=each.weight,
            required_level=each.level,
            mean_level=round(float(levels.mean()), 4),
            covered_share=round(float((levels >= each.level).mean()), 4),
        )
        for each, levels in zip(wanted, held.T, strict=True)
    ]


def _row(ask: Ask, goal: Goal, takes: list[str]) -> TeamRow:
    readiness = gap.readiness(goal, ask.who.levels)
    return TeamRow(
        readiness=None if readiness is None else round(readiness, 4),
        status=goal.status,
        levels=[round(each, 4) for each in _levels(ask, goal)],
        takes=takes,
    )


def _levels(ask: Ask, goal: Goal) -> list[float]:
    return [ask.who.levels.get(each.skill_id, 0.0) for each in _in_order(goal)]


def _in_order(goal: Goal) -> list[gap.Wanted]:
    """The heaviest first."""
    return sorted(goal.wanted, key=lambda each: (-each.weight * each.level, each.skill_id))


def _credentials(
    seats: Sequence[Seat], chosen: Chosen, takes: Sequence[Sequence[str]], currency: str
) -> list[TeamCredential]:
    """What is taken, with the mean readiness that would be lost without it, the most first."""
    learners, cents, lost = Counter[str](), Counter[str](), defaultdict[str, float](float)
    for seat, taken, ids in zip(seats, chosen, takes, strict=True):
        with_all = readiness(seat, taken)
        for one, credential_id in zip(taken, ids, strict=True):
            rest = [each for each in taken if each != one]
            learners[credential_id] += 1
            cents[credential_id] += int(seat.offer.cents[one])
            lost[credential_id] += (with_all - readiness(seat, rest)) / len(seats)
    return [
        TeamCredential(
            credential_id=each,
            gain=round(lost[each], 4),
            learners=learners[each],
            net_cost=Money(Decimal(cents[each]).scaleb(-2), currency),
        )
        for each in sorted(learners, key=lambda each: (-lost[each], each))
    ]
