"""Learners and interactions for tests: complete by default, each part replaceable."""

from typing import Any

from libs.common.contracts.profile import Interaction, Learner
from tests.factories.catalog import EPOCH


def learner(key: str = "key-1", **parts: Any) -> Learner:
    """A learner of `partner` without a profile."""
    defaults: dict[str, Any] = {
        "revision": 1,
        "consent_changed_at": EPOCH,
        "partner_id": "partner",
        "learner_id": f"learner of {key}",
    }
    return Learner(learner_key=key, **{**defaults, **parts})


def interaction(key: str = "key-1", credential_id: str = "c1", **parts: Any) -> Interaction:
    """A view, accepted when it occurred."""
    defaults: dict[str, Any] = {
        "partner_id": "partner",
        "kind": "view",
        "occurred_at": EPOCH,
        "accepted_at": EPOCH,
        "consent_changed_at": EPOCH,
    }
    return Interaction(learner_key=key, credential_id=credential_id, **{**defaults, **parts})
