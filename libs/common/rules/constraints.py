"""What a learner's recommendations must fit: their own constraints, and those of one request."""

from typing import Any

from libs.common.contracts.calls import Constraints, Narrowing
from libs.common.contracts.profile import LearnerProfile
from libs.common.contracts.types import Money


def own(profile: LearnerProfile) -> Constraints:
    """What the profile asks of every recommendation."""
    budget = profile.budget
    return Constraints(
        max_cost=None if budget is None else Money(budget.amount, budget.currency),
        hours_per_week=profile.hours_per_week,
        deadline_weeks=profile.deadline_weeks,
        delivery=profile.delivery,
        languages=profile.languages,
        region=profile.region,
        income_band=profile.income_band,
    )


def narrowed(base: Constraints, asked: Narrowing) -> Constraints:
    """The base with the parts that the request gives in their place."""
    return Constraints(
        **{name: _given(base, asked, name) for name in Constraints.__struct_fields__}
    )


def _given(base: Constraints, asked: Narrowing, name: str) -> Any:
    given = getattr(asked.constraints, name)
    return getattr(base, name) if given is None or given == [] else given
