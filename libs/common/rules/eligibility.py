"""Hard constraints. What is unknown fails the constraint that asks for it: nobody is promised a maybe."""

from collections.abc import Collection, Mapping
from typing import Literal

from libs.common.contracts.calls import Constraints
from libs.common.contracts.catalog import RECOMMENDABLE, CredentialBody, Prerequisite
from libs.common.rules.levels import UNSTATED
from libs.common.rules.money import covers, in_one_currency, net_cost

Constraint = Literal["max_cost", "max_hours", "time", "delivery", "languages", "region"]


def recommendable(credential: CredentialBody, partner_id: str | None) -> bool:
    """Whether a credential may be recommended at all to learners of this partner."""
    return credential.status in RECOMMENDABLE and (
        not credential.audience or partner_id in credential.audience
    )


def broken(credential: CredentialBody, constraints: Constraints) -> list[Constraint]:
    """The names of the constraints that a credential does not fit; empty when it is feasible."""
    checks: dict[Constraint, bool] = {
        "max_cost": _affordable(credential, constraints),
        "max_hours": _within(credential.workload_hours, constraints.max_hours),
        "time": _within(credential.workload_hours, hours_available(constraints)),
        "delivery": _delivered(credential, constraints),
        "languages": _spoken(credential, constraints),
        "region": _reachable(credential, constraints),
    }
    return [name for name, fits in checks.items() if not fits]


def hours_available(constraints: Constraints) -> float | None:
    """Hours per week times weeks, in hours; None unless both are given."""
    if constraints.hours_per_week is None or constraints.deadline_weeks is None:
        return None
    return constraints.hours_per_week * constraints.deadline_weeks


def missing_prerequisites(
    credential: CredentialBody, held_credentials: Collection[str], held_skills: Mapping[str, float]
) -> list[Prerequisite]:
    """The prerequisites not met yet; `held_skills` maps skill ids to levels from 0 to 1."""
    return [p for p in credential.prerequisites if not _met(p, held_credentials, held_skills)]


def _met(
    wanted: Prerequisite, held_credentials: Collection[str], held_skills: Mapping[str, float]
) -> bool:
    if wanted.credential is not None:
        return wanted.credential in held_credentials
    level = UNSTATED if wanted.level is None else wanted.level
    return wanted.skill is not None and held_skills.get(wanted.skill, 0.0) >= level


def _affordable(credential: CredentialBody, constraints: Constraints) -> bool:
    limit = constraints.max_cost
    if limit is None:
        return True
    cost = net_cost(credential, constraints.region, constraints.income_band)
    if cost is None or not in_one_currency(credential):
        return False
    return cost.amount == 0 or (cost.currency == limit.currency and cost.amount <= limit.amount)


def _within(hours: float | None, limit: float | None) -> bool:
    return limit is None or (hours is not None and hours <= limit)


def _delivered(credential: CredentialBody, constraints: Constraints) -> bool:
    return not constraints.delivery or bool(set(credential.delivery) & set(constraints.delivery))


def _spoken(credential: CredentialBody, constraints: Constraints) -> bool:
    wanted = {_base(language) for language in constraints.languages}
    return not wanted or any(_base(language) in wanted for language in credential.languages)


def _base(language: str) -> str:
    return language.split("-", 1)[0].lower()


def _reachable(credential: CredentialBody, constraints: Constraints) -> bool:
    if constraints.region is None:
        return True
    if "online" in credential.delivery and (
        not constraints.delivery or "online" in constraints.delivery
    ):
        return True
    region = constraints.region
    return any(covers(place, region) or covers(region, place) for place in credential.places)
