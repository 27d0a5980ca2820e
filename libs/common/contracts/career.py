"""What the recommender answers about a goal: the gap to it, and a path toward it (JSON)."""

from typing import Literal

from msgspec import Struct

from libs.common.contracts.calls import Constraints, Target, WhatIf
from libs.common.contracts.catalog import Regulation
from libs.common.contracts.redis_values import ListReason, ListRelaxation, TargetStatus
from libs.common.contracts.types import LevelName, Money, OccupationId

StopReason = Literal[
    "covered",
    "diminishing_returns",
    "budget",
    "time",
    "max_steps",
    "nothing_feasible",
    "licence_first",
]


class GapSkill(Struct, frozen=True, kw_only=True):
    """A skill of a goal; all numbers are 0 to 1."""

    skill_id: str
    importance: float
    required_level: float
    held_level: float


class MatchedSkill(Struct, frozen=True, kw_only=True):
    """A skill that a job posting names, and how surely, 0 to 1."""

    text: str
    skill_id: str
    confidence: float


class Gap(Struct, frozen=True, kw_only=True):
    """Held and missing, each the heaviest first. `readiness` is None without skill data."""

    occupation_id: str | None
    readiness: float | None
    status: TargetStatus
    held: list[GapSkill] = []
    missing: list[GapSkill] = []
    regulation: Regulation | None = None
    matched: list[MatchedSkill] = []


class PathStep(Struct, frozen=True, kw_only=True):
    """A credential of a path: the readiness it adds and what is reached with it, 0 to 1.

    Weeks count from 0; None where the hours, or the learner's hours a week, are unknown.
    """

    credential_id: str
    gain: float
    coverage: float
    hours: float | None
    starts_week: int | None
    ends_week: int | None
    reasons: list[ListReason] = []


class Pathway(Struct, frozen=True, kw_only=True):
    """Steps in the order to take them, and what they add up to.

    coverage: readiness at the end. breadth: how many of the goal's skills rise. depth: the level they
    rise to, None without steps. redundancy: the share of the steps' single gains that they have in
    common. total_cost, hours, weeks: None where a part is unknown. region and income_band: what aid
    was counted with.
    """

    occupation_id: str | None
    status: TargetStatus
    steps: list[PathStep]
    coverage: float | None
    breadth: int
    depth: LevelName | None
    redundancy: float
    total_cost: Money | None
    hours: float | None
    weeks: int | None
    stopped_because: StopReason
    regulation: Regulation | None = None
    relaxations: list[ListRelaxation] = []
    region: str | None = None
    income_band: str | None = None


class Toward(Struct, frozen=True, kw_only=True):
    """A known learner's question: `POST /learners/{partition}/{learner_key}/gap` and `…/pathway`.

    The goal is the learner's own unless an occupation is given; constraints given replace theirs.
    """

    occupation: OccupationId | None = None
    constraints: Constraints = Constraints()
    max_steps: int | None = None

    def target(self) -> Target | None:
        """The goal asked for; None for the learner's own."""
        return None if self.occupation is None else Target(occupation=self.occupation)


class AnonymousPath(Struct, frozen=True, kw_only=True):
    """`POST /pathway`: a path for an anonymous learner."""

    who: WhatIf
    max_steps: int | None = None
