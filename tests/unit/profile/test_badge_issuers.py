"""Issuers whose keys are published: what their documents must say before a badge is theirs."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.profile.badges.at_hand import AtHand
from services.profile.badges.steps import Verification
from services.profile.badges.verification import verify, wanted
from tests.factories.badges import LIST_URL, Issuer

NOW = datetime(2026, 11, 23, tzinfo=UTC)
WEB = Issuer("did:web:college.example:badges")
DOCUMENT = "https://college.example/badges/did.json"


def raw(document: dict[str, Any]) -> bytes:
    return json.dumps(document).encode()


SIGNED = raw(WEB.sign(WEB.badge()))


def said(found: dict[str, bytes | str], badge: bytes = SIGNED) -> Verification:
    return verify(badge, NOW, AtHand(found))


def failed(verification: Verification) -> list[str]:
    return [step.step for step in verification.steps if step.passed is False]


def test_a_did_web_is_asked_for_its_key() -> None:
    """The document is asked for, and says whose signature it is."""
    assert wanted(SIGNED, AtHand()) == {DOCUMENT}
    assert said({DOCUMENT: WEB.did_document()}).status == "verified"


def test_a_document_that_is_unreachable_leaves_it_unknown() -> None:
    """And it says why."""
    found = said({DOCUMENT: "college.example is not a public address"})
    assert found.status == "unknown"
    assert "not a public address" in found.steps[1].detail


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "did:web:other.example"},
        {"assertionMethod": []},
        {"verificationMethod": []},
    ],
    ids=["of another", "key for something else", "no key"],
)
def test_a_document_that_does_not_vouch_for_the_key(changes: dict[str, Any]) -> None:
    """It must be the issuer's own, and name the key for assertions."""
    found = said({DOCUMENT: WEB.did_document(**changes)})
    assert (found.status, failed(found)) == ("invalid", ["proof"])


def test_a_rotated_key_is_no_longer_the_issuers() -> None:
    """The same name with another key."""
    assert failed(said({DOCUMENT: Issuer(WEB.did).did_document()})) == ["proof"]


def test_a_list_in_a_token_by_a_did_web() -> None:
    """The list's own key is asked for once the list is there; then its bit decides."""
    listed = WEB.listed_badge()
    unsigned = {k: v for k, v in WEB.status_list(7).items() if k != "proof"}
    token = WEB.token({"id": LIST_URL, **unsigned})
    assert wanted(raw(listed), AtHand()) == {DOCUMENT, LIST_URL}
    found: dict[str, bytes | str] = {DOCUMENT: WEB.did_document(), LIST_URL: token}
    assert wanted(raw(listed), AtHand(found)) == set()
    assert said(found, raw(listed)).status == "revoked"


@pytest.mark.parametrize(
    "changes",
    [
        {"validUntil": "2026-11-22T00:00:00Z"},
        {"validFrom": "2026-11-24T00:00:00Z"},
        {"type": ["VerifiableCredential"]},
    ],
    ids=["out of date", "not yet", "another type"],
)
def test_a_list_that_is_not_the_present_one_leaves_it_unknown(changes: dict[str, Any]) -> None:
    """An old list could hide a revocation."""
    issuer = Issuer()
    listed = raw(issuer.status_list(**changes))
    assert said({LIST_URL: listed}, raw(issuer.listed_badge())).status == "unknown"


ISSUER = Issuer()
BADGE = ISSUER.sign(ISSUER.badge(validUntil="2027-01-01T00:00:00Z"))


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [place for k, v in value.items() for place in _places(v, (*path, k))]
    if isinstance(value, list):
        return [place for k, v in enumerate(value) for place in _places(v, (*path, k))]
    return [path]


@given(st.sampled_from(_places(BADGE)), st.text(min_size=1))
def test_any_changed_value_is_not_verified(place: tuple[Any, ...], text: str) -> None:
    """Whatever is changed anywhere in a signed badge, it is no longer what was signed."""
    changed = json.loads(json.dumps(BADGE))
    *way, last = place
    inside = changed
    for step in way:
        inside = inside[step]
    inside[last] = f"{inside[last]}{text}"
    assert said({}, raw(changed)).status != "verified"


def test_an_issuer_that_can_be_no_address_is_nobody() -> None:
    """And nothing fails over it."""
    badge = ISSUER.sign(ISSUER.badge(issuer="https://[2"))
    badge["proof"]["verificationMethod"] = "https://[3#1"
    assert failed(said({}, raw(badge))) == ["issuer"]
