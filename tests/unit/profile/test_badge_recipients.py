"""Whose badge it is, when somebody asks."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from services.profile.badges.verification import verify
from tests.factories.badges import Issuer

ISSUER = Issuer()
MAIL = "maria@example.org"


def status(subject: dict[str, Any], identity: str | None) -> str:
    """With `subject` beside what a badge is for."""
    badge = ISSUER.badge()
    badge["credentialSubject"] |= subject
    signed = json.dumps(ISSUER.sign(badge)).encode()
    found = verify(signed, datetime(2026, 11, 23, tzinfo=UTC), identity=identity)
    assert [step.step for step in found.steps if step.passed is False] in ([], ["subject"])
    return found.status


def hashed(identity: str, salt: str = "") -> dict[str, Any]:
    digest = hashlib.sha256((identity + salt).encode()).hexdigest()
    identifier = {
        "type": "IdentityObject",
        "hashed": True,
        "identityHash": f"sha256${digest}",
        "identityType": "emailAddress",
        "salt": salt,
    }
    return {"identifier": [identifier]}


IN_CLEAR = {
    "identifier": [
        {
            "type": "IdentityObject",
            "hashed": False,
            "identityHash": MAIL,
            "identityType": "emailAddress",
        }
    ]
}


@pytest.mark.parametrize(
    "subject",
    [hashed(MAIL), hashed(MAIL, "sea"), IN_CLEAR, {"id": f"mailto:{MAIL}"}],
    ids=["hashed", "salted", "in clear", "by id"],
)
def test_the_recipient_is_recognised(subject: dict[str, Any]) -> None:
    """However the issuer wrote the address; somebody else's is refused."""
    assert status(subject, MAIL) == "verified"
    assert status(subject, "mallory@example.org") == "invalid"


def test_a_badge_of_nobody_is_nobodys() -> None:
    """Without a recipient it cannot be shown to be anyone's; when nobody asks, that is no fault."""
    assert status({}, MAIL) == "invalid"
    assert status({}, None) == "verified"
