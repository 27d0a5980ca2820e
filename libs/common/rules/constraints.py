"""What a learner's recommendations must fit: their own constraints, and those of one request."""

from msgspec.structs import replace

from libs.common.contracts.calls import Constraints
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


def narrowed(base: Constraints, asked: Constraints) -> Constraints:
    """The base with the parts that a request gives in their place."""
    given = {
        name: part
        for name in Constraints.__struct_fields__
        if (part := getattr(asked, name)) is not None and part != []
    }
    return replace(base, **given)
