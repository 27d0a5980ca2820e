"""What the recommender is asked about a learner whose state it cannot use."""

from msgspec.structs import replace

from libs.common.contracts.calls import Constraints, Narrowing, Target, WhatIf
from libs.common.contracts.profile import HeldSkill, Learner
from libs.common.contracts.types import IncomeBand
from libs.common.rules import constraints
from libs.common.rules.holding import holding
from services.gateway.usecases.served import Ask

MOST_LISTED = 1_000


def personal(ask: Ask, learner: Learner) -> WhatIf:
    """Content, goal and trend: all that the profile says, without any history."""
    if not learner.consent.personalization:
        return impersonal(ask, learner)
    asked = ask.narrowing or Narrowing()
    held = list(holding(learner.held_credentials))
    said = {each.id: each for each in learner.skills}
    badges = {skill_id: HeldSkill(id=skill_id) for each in held for skill_id in each.skills}
    return WhatIf(
        skills=list((said | badges | said).values())[:MOST_LISTED],
        completed=[each.credential_id for each in held][:MOST_LISTED],
        target=_target(asked.occupation or learner.target_occupation),
        constraints=constraints.narrowed(constraints.own(learner), asked.constraints),
        limit=ask.limit,
        audience=ask.partner_id,
    )


def impersonal(ask: Ask, learner: Learner) -> WhatIf:
    """Trend and value only, within what the learner can do at all."""
    asked = ask.narrowing or Narrowing()
    return replace(
        anonymous(ask),
        constraints=constraints.narrowed(constraints.own(learner), asked.constraints),
    )


def anonymous(ask: Ask) -> WhatIf:
    """Nothing but what the request itself says."""
    asked = ask.narrowing or Narrowing()
    return WhatIf(
        target=_target(asked.occupation),
        constraints=asked.constraints,
        limit=ask.limit,
        audience=ask.partner_id,
    )


def filled(asked: Constraints, region: str | None, band: IncomeBand | None) -> Constraints:
    """The request's constraints with the region and income band that a list was made for."""
    return replace(asked, region=asked.region or region, income_band=asked.income_band or band)


def _target(occupation: str | None) -> Target | None:
    return None if occupation is None else Target(occupation=occupation)
