"""Badges signed by keys made here, and the shared documents where they are: every step passing and failing."""

import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.profile.badges.at_hand import AtHand
from services.profile.badges.steps import Verification
from services.profile.badges.verification import verify
from tests.factories.badges import LIST_URL, SUITES, Issuer

NOW = datetime(2026, 11, 23, tzinfo=UTC)
SHARED = Path(__file__).parents[4] / "shared" / "data" / "credential_documents" / "open_badges"


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    return Issuer()


def said(
    document: dict[str, Any], found: dict[str, bytes] | None = None, **asked: Any
) -> Verification:
    return verify(json.dumps(document).encode(), NOW, AtHand(found or {}), **asked)


def failed(verification: Verification) -> list[str]:
    return [step.step for step in verification.steps if step.passed is False]


@pytest.mark.parametrize("suite", SUITES)
def test_a_badge_as_its_issuer_signed_it_is_verified(issuer: Issuer, suite: dict[str, str]) -> None:
    """Every step passes in both suites."""
    found = said(issuer.sign(issuer.badge(), suite))
    assert found.status == "verified", found


@pytest.mark.parametrize("suite", SUITES)
def test_a_changed_field_fails_at_the_proof(issuer: Issuer, suite: dict[str, str]) -> None:
    """One changed word in the achievement is no longer what was signed."""
    badge = copy.deepcopy(issuer.sign(issuer.badge(), suite))
    badge["credentialSubject"]["achievement"]["name"] = "Surgery"
    found = said(badge)
    assert (found.status, failed(found)) == ("invalid", ["proof"])


@pytest.mark.parametrize("term", ["accreditedBy", "eqfLevel"])
@pytest.mark.parametrize("at_top", [True, False])
def test_an_injected_undefined_term_fails_at_the_proof(
    issuer: Issuer, term: str, at_top: bool
) -> None:
    """JSON-LD would drop the term before hashing, so the signature alone still fits."""
    badge = copy.deepcopy(issuer.sign(issuer.badge()))
    (badge if at_top else badge["credentialSubject"]["achievement"])[term] = "7"
    found = said(badge)
    assert (found.status, failed(found)) == ("invalid", ["proof"])
    assert "undefined term" in found.steps[1].detail


def test_an_injected_undefined_type_fails_at_the_proof(issuer: Issuer) -> None:
    """A type without a definition is dropped before hashing as well."""
    badge = issuer.sign(issuer.badge())
    found = said({**badge, "type": [*badge["type"], "AccreditedCredential"]})
    assert failed(found) == ["proof"]


def test_a_context_of_its_own_is_refused(issuer: Issuer) -> None:
    """Nothing is fetched, and a document cannot define its own terms."""
    for context in ("https://evil.example/context", {"accreditedBy": "https://evil.example/a"}):
        badge = issuer.sign(issuer.badge())
        assert failed(said({**badge, "@context": [*badge["@context"], context]})) == ["proof"]


def test_the_key_of_another_is_not_the_issuers(issuer: Issuer) -> None:
    """A good signature by someone who is not the issuer fails at the issuer."""
    found = said(Issuer().sign(issuer.badge()))
    assert (found.status, failed(found)) == ("invalid", ["issuer"])


def test_an_unsupported_suite_fails_at_the_proof(issuer: Issuer) -> None:
    """A suite that is not known is never taken for a good one."""
    badge = issuer.sign(issuer.badge())
    found = said({**badge, "proof": {**badge["proof"], "cryptosuite": "eddsa-jcs-2022"}})
    assert failed(found) == ["proof"]


def test_a_key_that_would_have_to_be_fetched_leaves_it_unknown(issuer: Issuer) -> None:
    """A did:web that cannot be resolved is unknown, never verified."""
    badge = issuer.sign(issuer.badge(issuer="did:web:issuer.example"))
    badge["proof"]["verificationMethod"] = "did:web:issuer.example#key-1"
    assert said(badge).status == "unknown"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"validUntil": "2026-11-22T23:59:59Z"}, "expired"),
        ({"validFrom": "2026-11-23T00:00:01Z"}, "invalid"),
        ({"validFrom": "2026-01-01T00:00:00Z", "validUntil": "soon"}, "invalid"),
    ],
)
def test_dates_decide(issuer: Issuer, changes: dict[str, str], status: str) -> None:
    """Before its start, after its end, and without a readable date it fails at dates alone."""
    found = said(issuer.sign(issuer.badge(**changes)))
    assert (found.status, failed(found)) == (status, ["dates"])


def test_a_proof_expires(issuer: Issuer) -> None:
    """What its signer lets a proof stand for has an end, too."""
    found = said(issuer.sign(issuer.badge(), {**SUITES[0], "expires": "2026-11-22T00:00:00Z"}))
    assert (found.status, failed(found)) == ("expired", ["dates"])


@pytest.mark.parametrize("purpose", ["revocation", "suspension"])
def test_the_status_list_decides(issuer: Issuer, purpose: str) -> None:
    """The badge's own bit, and no other, revokes or suspends it."""
    badge = issuer.listed_badge(purpose)
    listed = {
        marked: {LIST_URL: json.dumps(issuer.status_list(marked, purpose=purpose)).encode()}
        for marked in (6, 7, 8)
    }
    assert [said(badge, lists).status for lists in listed.values()] == [
        "verified",
        "revoked",
        "verified",
    ]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"type": ["BitstringStatusListEntry"]}, "revoked"),
        ({"type": {}}, "unknown"),
        ({"statusPurpose": None}, "unknown"),
        ({"statusPurpose": ["revocation", "suspension"]}, "unknown"),
    ],
)
def test_a_status_is_read_as_written_or_left_unknown(
    issuer: Issuer, changes: dict[str, Any], status: str
) -> None:
    """One type in brackets is that type; a status without one purpose says nothing, so the badge is not verified."""
    entry = issuer.listed_badge()["credentialStatus"] | changes
    badge = {**issuer.badge(), "credentialStatus": entry}
    found = {LIST_URL: json.dumps(issuer.status_list(7)).encode()}
    token = verify(issuer.token(badge), NOW, AtHand(found))
    assert token.status == status


def test_what_is_no_url_is_nobodys_key(issuer: Issuer) -> None:
    """It is refused with its step, not with a failure of ours."""
    badge = issuer.sign(issuer.badge())
    badge["proof"]["verificationMethod"] = "https://[x#key"
    assert "issuer" in failed(said(badge))


def test_a_status_list_that_cannot_be_trusted_leaves_it_unknown(issuer: Issuer) -> None:
    """Unreachable, tampered, or of another issuer: unknown, never verified."""
    badge, other = issuer.listed_badge(), Issuer()
    tampered = issuer.status_list(7)
    tampered["credentialSubject"]["encodedList"] = issuer.status_list()["credentialSubject"][
        "encodedList"
    ]
    foreign = {LIST_URL: json.dumps(other.status_list(7)).encode()}
    assert said(badge).status == "unknown"
    assert said(badge, found={LIST_URL: json.dumps(tampered).encode()}).status == "unknown"
    assert said(badge, found=foreign).status == "unknown"
    allowed = {LIST_URL: other.did}
    assert said(badge, found=foreign, allowed_issuers=allowed).status == "revoked"


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 10_000 + b"]" * 10_000,
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b'{"a": "' + b"x" * 200_001 + b'"}',
        b'{"type": 1, "type": 2}',
        b"\xff",
        b"[]",
        rb'{"name": "\ud800"}',
    ],
    ids=["deep-list", "deep-object", "large", "twice", "not-utf8", "list", "half-character"],
)
def test_what_is_no_document_fails_at_the_shape(raw: bytes) -> None:
    """Depth, size and doubled names are refused before anything looks inside."""
    found = verify(raw, NOW)
    assert (found.status, failed(found)) == ("invalid", ["shape"])


@pytest.mark.skipif(not SHARED.exists(), reason="the shared credential documents are not here")
@pytest.mark.parametrize(
    ("name", "passed"),
    [
        ("v2__dataIntegrityProof__*basicOBv3.json", [True] * 5),
        ("v2__dataIntegrityProof__*minimal.json", [False, True, True, True, True]),
        ("v2__ed25519__*noStatus-expired.json", [True, True, False, True, True]),
        ("v2__ed25519__*tamperedStatus*.json", [False, True, True, None, True]),
        ("v2__dataIntegrityProof__*revokedStatus*.json", [True, True, True, None, True]),
    ],
)
def test_shared_documents_give_what_their_readme_states(
    name: str, passed: list[bool | None]
) -> None:
    """Documents that others signed give each step's stated result."""
    (path,) = SHARED.glob(name)
    found = verify(path.read_bytes(), NOW)
    assert [step.passed for step in found.steps] == passed, found


@pytest.mark.skipif(not SHARED.exists(), reason="the shared credential documents are not here")
def test_a_list_of_an_issuer_whom_the_operator_allows_revokes() -> None:
    """The shared list is of another issuer: it says nothing until the operator allows that issuer for that URL."""
    (badge,) = SHARED.glob("*revokedStatus*.json")
    (listed,) = SHARED.glob("status_list_*.json")
    document = json.loads(badge.read_bytes())
    url = document["credentialStatus"]["statusListCredential"]
    lists = {url: listed.read_bytes()}
    assert said(document, found=lists).status == "unknown"
    allowed = {url: json.loads(listed.read_bytes())["issuer"]}
    assert said(document, found=lists, allowed_issuers=allowed).status == "revoked"
