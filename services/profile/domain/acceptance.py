"""Which interactions are accepted, and under which consent."""

from datetime import datetime
from typing import NamedTuple

from libs.common.contracts.calls import NewInteraction, Stored
from libs.common.contracts.profile import Interaction

NO_CONSENT = Stored(
    code="no_consent", detail="the learner has not consented to personalised recommendations"
)
ERASED = Stored(
    code="learner_erased", detail="the learner was erased and has not been registered again"
)


class Standing(NamedTuple):
    """All that deciding about an interaction needs to know of a learner."""

    learner_key: str
    consent_changed_at: datetime
    personalization: bool
    erased: bool


def judged(
    event: NewInteraction, standing: Standing, *, partner_id: str, at: datetime
) -> Interaction | Stored:
    """The event as it is published, under the consent that was read, or why it is not."""
    if standing.erased:
        return ERASED
    if not standing.personalization:
        return NO_CONSENT
    return Interaction(
        learner_key=standing.learner_key,
        partner_id=partner_id,
        credential_id=event.credential_id,
        kind=event.kind,
        occurred_at=event.occurred_at,
        accepted_at=at,
        consent_changed_at=standing.consent_changed_at,
        recommendation_id=event.recommendation_id,
        rank=event.rank,
    )
