"""Badges in tokens: the key decides the algorithm, and whose key it is decides whom the badge is of."""

import json
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from services.profile.badges.at_hand import AtHand
from services.profile.badges.steps import Verification
from services.profile.badges.verification import verify, wanted
from tests.factories.badges import Issuer

NOW = datetime(2026, 11, 23, tzinfo=UTC)
SITE = "https://college.example/issuer"
KEYS = "https://college.example/issuer/keys.json"
RSA = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
CURVE = ec.generate_private_key(ec.SECP256R1())


def said(raw: bytes, **found: bytes) -> Verification:
    return verify(raw, NOW, AtHand({KEYS: found["keys"]} if found else {}))


def failed(verification: Verification) -> list[str]:
    return [step.step for step in verification.steps if step.passed is False]


def key_set(key: Any, kind: Any, **more: str) -> bytes:
    public = json.loads(kind.to_jwk(key.public_key()))
    return json.dumps({"keys": [{**public, "kid": "1", **more}]}).encode()


def test_a_token_of_a_did_key_is_verified() -> None:
    """With the key named and without, which a did:key says itself."""
    issuer = Issuer()
    assert said(issuer.token(issuer.badge())).status == "verified"
    assert said(issuer.token(issuer.badge(), kid=None)).status == "verified"


@pytest.mark.parametrize(
    ("key", "kind", "algorithm"),
    [
        (RSA, jwt.algorithms.RSAAlgorithm, "RS256"),
        (CURVE, jwt.algorithms.ECAlgorithm, "ES256"),
    ],
    ids=["rsa", "curve"],
)
def test_a_token_of_a_set_of_keys_is_verified(key: Any, kind: Any, algorithm: str) -> None:
    """The issuer's site publishes its keys; until they have been fetched it is unknown, and they are asked for."""
    issuer = Issuer(SITE)
    token = issuer.token(issuer.badge(), key=key, alg=algorithm, kid=f"{KEYS}#1")
    assert said(token, keys=key_set(key, kind)).status == "verified"
    assert said(token).status == "unknown"
    assert wanted(token, AtHand()) == {KEYS}


@pytest.mark.parametrize(
    ("issuer", "own"),
    [
        ("https://harvard.example/issuer", False),
        ("https://college.example/issuer2", False),
        ("https://college.example/other", False),
        ("https://college.example", True),
    ],
)
def test_keys_are_the_issuers_below_their_own_url(issuer: str, own: bool) -> None:
    """Anyone can publish keys, on the same site too; they say nothing of an issuer elsewhere."""
    by = Issuer(issuer)
    token = by.token(by.badge(), key=CURVE, alg="ES256", kid=f"{KEYS}#1")
    found = said(token, keys=key_set(CURVE, jwt.algorithms.ECAlgorithm))
    assert failed(found) == ([] if own else ["issuer"])


def test_a_key_that_the_token_brings_proves_nothing() -> None:
    """A header with a key of its own is not asked."""
    issuer = Issuer(SITE)
    public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(CURVE.public_key()))
    token = issuer.token(issuer.badge(), key=CURVE, alg="ES256", kid=None, jwk=public)
    assert failed(said(token)) == ["proof", "issuer"]


def test_the_algorithm_is_the_keys() -> None:
    """Neither none, nor a symmetric one with the public key for a secret, nor another of its kind."""
    issuer = Issuer(SITE)
    keys = key_set(RSA, jwt.algorithms.RSAAlgorithm)
    for key, algorithm in ((None, "none"), (b"x" * 32, "HS256"), (RSA, "PS256")):
        own = {"alg": algorithm, "kid": f"{KEYS}#1"}
        payload = json.dumps({"iss": SITE, **issuer.badge()}).encode()
        token = jwt.PyJWS().encode(payload, key, algorithm, own).encode()
        assert said(token, keys=keys).status == "invalid"


def test_a_changed_payload_fails_at_the_proof() -> None:
    """The signature is of the bytes that were signed."""
    issuer = Issuer()
    head, _, signature = issuer.token(issuer.badge()).split(b".")
    _, other, _ = issuer.token(issuer.badge(name="Surgery")).split(b".")
    assert failed(said(b".".join((head, other, signature)))) == ["proof"]


@pytest.mark.parametrize("claim", ["iss", "jti", "sub"])
def test_claims_say_what_the_credential_says(claim: str) -> None:
    """Whoever reads the claims and whoever reads the credential read the same."""
    issuer = Issuer()
    token = issuer.token({**issuer.badge(), claim: "https://harvard.example"})
    assert failed(said(token)) == ["proof"]


@pytest.mark.parametrize(
    ("claims", "status"),
    [({"nbf": 1_800_000_000}, "invalid"), ({"exp": 1_767_225_601}, "expired")],
)
def test_a_tokens_time_counts(claims: dict[str, int], status: str) -> None:
    """`nbf` and `exp` say when, as the credential's own dates do."""
    issuer = Issuer()
    found = said(issuer.token({**issuer.badge(), **claims}))
    assert (found.status, failed(found)) == (status, ["dates"])


def test_what_is_no_token_fails_at_the_shape() -> None:
    """Parts that are no JSON, or too deep, are refused before anything looks inside."""
    for raw in (b"a.b.c", b"e30.e30.e30", b"e30." + b"W1tb" * 10_000 + b".e30"):
        assert "shape" in failed(said(raw))
