"""VC-JWT in the dialect of Open Badges: the payload is the credential itself, beside the registered claims.

https://www.imsglobal.org/spec/ob/v3p0/#jwt-proof; the algorithm is the key's, never what the token asks for.
"""

import base64
import binascii
import re
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from services.profile.badges.at_hand import AtHand
from services.profile.badges.documents import MOST_BYTES, issuer_of, parse
from services.profile.badges.keys import Key, key_of
from services.profile.badges.steps import Refused

COMPACT = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_LEAST_RSA_BITS = 2048
_OF_CURVE = {"secp256r1": "ES256", "secp384r1": "ES384"}


class Token:
    """A credential in a token. Raises Refused for what is none."""

    def __init__(self, raw: bytes) -> None:
        if len(raw) > MOST_BYTES:
            raise Refused(f"larger than {MOST_BYTES} bytes")
        self._raw = raw
        header, payload, _ = raw.split(b".")
        self._header = parse(_decoded(header))
        self.document: dict[str, Any] = parse(_decoded(payload))

    @property
    def method(self) -> str:
        """The key that it names. Raises Refused."""
        kid, issuer = self._header.get("kid"), issuer_of(self.document)
        if kid is None and issuer.startswith("did:key:"):
            return f"{issuer}#{issuer.removeprefix('did:key:')}"
        if not isinstance(kid, str):
            raise Refused("the token names no key; one that it brings itself would prove nothing")
        return kid if ":" in kid else f"{issuer}#{kid.removeprefix('#')}"

    def check(self, at_hand: AtHand) -> None:
        """Raises Refused, or Undecided where the key is not to be had."""
        self._require_claims()
        key = key_of(self.method, at_hand)
        algorithm = _algorithm_of(key)
        if self._header.get("alg") != algorithm:
            raise Refused("signed with another algorithm than the key's")
        try:
            jwt.PyJWS().decode(self._raw, key, algorithms=[algorithm])
        except jwt.PyJWTError as wrong:
            raise Refused("the signature is not of this token by this key") from wrong

    def _require_claims(self) -> None:
        """What a registered claim says, the credential says as well, so that it does not matter which is read."""
        document = self.document
        subject = document.get("credentialSubject")
        said = {
            "iss": issuer_of(document),
            "jti": document.get("id"),
            "sub": subject.get("id") if isinstance(subject, dict) else None,
        }
        for claim, expected in said.items():
            if document.get(claim, expected) != expected:
                raise Refused(f"{claim} is not what the credential says")


def _decoded(part: bytes) -> bytes:
    try:
        return base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))
    except binascii.Error as malformed:
        raise Refused("not a JWT") from malformed


def _algorithm_of(key: Key) -> str:
    if isinstance(key, Ed25519PublicKey):
        return "EdDSA"
    if isinstance(key, EllipticCurvePublicKey) and key.curve.name in _OF_CURVE:
        return _OF_CURVE[key.curve.name]
    if isinstance(key, EllipticCurvePublicKey) or key.key_size < _LEAST_RSA_BITS:
        raise Refused("a key of an unsupported curve or size")
    return "RS256"
