"""What the recommender answers about a team and an occupation (JSON)."""

from typing import Annotated

from msgspec import Meta, Struct

from libs.common.contracts.calls import WhatIf
from libs.common.contracts.redis_values import TargetStatus
from libs.common.contracts.types import Count, Currency, Money, OccupationId, Share

LEAST_MEMBERS = 5
"""Aggregates over fewer people would say too much of one."""
MOST_MEMBERS = 50


class TeamMember(Struct, frozen=True, kw_only=True):
    """Whose state to use; `otherwise` speaks for them before any worker has applied them."""

    partition: Count
    learner_key: str
    otherwise: WhatIf


class TeamQuestion(Struct, frozen=True, kw_only=True):
    """`POST /teams/gap`: members who share, an occupation, and the mean readiness to reach, 0 to 1."""

    members: Annotated[list[TeamMember], Meta(min_length=LEAST_MEMBERS, max_length=MOST_MEMBERS)]
    occupation: OccupationId
    coverage: Share
    currency: Currency = "USD"


class TeamSkill(Struct, frozen=True, kw_only=True):
    """A skill of the occupation across the team: the mean of the levels held, and the share of the members who hold it
    as it is required. All numbers are 0 to 1."""

    skill_id: str
    importance: float
    required_level: float
    mean_level: float
    covered_share: float


class TeamCredential(Struct, frozen=True, kw_only=True):
    """A credential of the cheapest set: the mean readiness it adds, how many members take it, and what that costs
    them together after aid."""

    credential_id: str
    gain: float
    learners: int
    net_cost: Money


class TeamRow(Struct, frozen=True, kw_only=True):
    """One member, in the order asked: their readiness, what the law says of them, the level of each skill of the heat map
    in its order, and what they are to take."""

    readiness: float | None
    status: TargetStatus
    levels: list[float]
    takes: list[str]


class TeamGap(Struct, frozen=True, kw_only=True):
    """heat_map: the heaviest skill first. credentials: what adds most first. coverage: the mean readiness that is reached
    with them, None without skill data; below what was asked for when no set reaches it."""

    heat_map: list[TeamSkill]
    credentials: list[TeamCredential]
    coverage: float | None
    total_cost: Money
    members: list[TeamRow]
