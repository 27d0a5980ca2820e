"""What the tests of profile are about, with every part that does not matter filled in."""

import itertools
from datetime import UTC, datetime

from libs.common.contracts.calls import ConsentChange, LearnerBody, NewInteraction
from libs.common.contracts.profile import Learner

_ids = itertools.count()
MOMENT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def new_id(prefix: str = "learner") -> str:
    """An id that no other test uses."""
    return f"{prefix}-{next(_ids)}"


def viewed(learner_id: str, credential_id: str = "c") -> NewInteraction:
    return NewInteraction(
        learner_id=learner_id, credential_id=credential_id, kind="view", occurred_at=MOMENT
    )


def consent(personalization: bool) -> LearnerBody:
    return LearnerBody(consent=ConsentChange(personalization=personalization))


def some_learner(**changes: object) -> Learner:
    return Learner(
        **{
            "learner_key": "key",
            "revision": 3,
            "consent_changed_at": MOMENT,
            "partner_id": "partner",
            "learner_id": "learner",
            **changes,
        }
    )
