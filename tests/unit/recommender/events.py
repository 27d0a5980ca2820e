"""Learner snapshots and interactions for tests: complete by default, each part replaceable."""

from datetime import UTC, datetime, timedelta
from typing import Any

from libs.common.contracts.profile import Consent, Interaction, Learner
from libs.common.contracts.topics import INTERACTION, LEARNER, Topic

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def at(minutes: float) -> datetime:
    """So many minutes after the epoch of the tests."""
    return EPOCH + timedelta(minutes=minutes)


def learner(key: str = "key-1", *, personalization: bool = True, **parts: Any) -> Learner:
    """The first snapshot of a learner of partner `partner`, who consents."""
    defaults: dict[str, Any] = {
        "revision": 1,
        "consent_changed_at": EPOCH,
        "partner_id": "partner",
        "learner_id": f"learner of {key}",
        "consent": Consent(personalization=personalization),
    }
    return Learner(learner_key=key, **{**defaults, **parts})


def erased(key: str = "key-1", **parts: Any) -> Learner:
    """What is left of a learner."""
    defaults = {"revision": 9, "consent_changed_at": at(9), "erased": True}
    return Learner(learner_key=key, **{**defaults, **parts})


def interaction(
    credential_id: str = "c1", kind: str = "view", key: str = "key-1", **parts: Any
) -> Interaction:
    """Something done one minute after the epoch, accepted a second later."""
    occurred_at = parts.pop("occurred_at", at(1))
    defaults: dict[str, Any] = {
        "partner_id": "partner",
        "occurred_at": occurred_at,
        "accepted_at": occurred_at + timedelta(seconds=1),
        "consent_changed_at": EPOCH,
    }
    return Interaction(
        learner_key=key, credential_id=credential_id, kind=kind, **{**defaults, **parts}
    )


Event = Learner | Interaction


def message(event: Event) -> tuple[Topic, str, Event]:
    """Where profile publishes an event."""
    topic = LEARNER if isinstance(event, Learner) else INTERACTION
    return topic, event.learner_key, event
