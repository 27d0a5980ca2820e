"""Issuers with keys of their own: signed badges, tokens and status lists."""

import base64
import gzip
import json
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.profile.badges.linked_data import digest

LIST_URL = "https://issuer.example/status/1"
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_V2 = "https://www.w3.org/ns/credentials/v2"
_OB = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
_OLDER = "https://w3id.org/security/suites/ed25519-2020/v1"
SUITES = [
    {"type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022"},
    {"type": "Ed25519Signature2020"},
]


def base58(raw: bytes) -> str:
    number, text = int.from_bytes(raw, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = _BASE58[digit] + text
    return "1" * (len(raw) - len(raw.lstrip(b"\0"))) + text


class Issuer:
    """Someone who signs documents, by a did:key where no other DID is given."""

    def __init__(self, did: str | None = None) -> None:
        self.key = Ed25519PrivateKey.generate()
        self.multikey = "z" + base58(b"\xed\x01" + self.key.public_key().public_bytes_raw())
        self.did = did or f"did:key:{self.multikey}"
        self.method = f"{self.did}#{'key-1' if did else self.multikey}"

    def sign(self, document: dict[str, Any], suite: dict[str, str] | None = None) -> dict[str, Any]:
        proof = {
            **(suite or SUITES[0]),
            "created": "2026-01-01T00:00:00Z",
            "verificationMethod": self.method,
            "proofPurpose": "assertionMethod",
        }
        context = {"@context": document["@context"]}
        signature = self.key.sign(digest({**context, **proof}) + digest(document))
        return {**document, "proof": {**proof, "proofValue": "z" + base58(signature)}}

    def badge(self, **changes: Any) -> dict[str, Any]:
        return {
            "@context": [_V2, _OB, _OLDER],
            "id": "urn:uuid:5f3d9dd6-288e-4437-8286-cf95ffbff609",
            "type": ["VerifiableCredential", "OpenBadgeCredential"],
            "issuer": {"id": self.did, "type": ["Profile"], "name": "Millbrook College"},
            "validFrom": "2026-01-01T00:00:00Z",
            "name": "Storyboarding",
            "credentialSubject": {
                "type": ["AchievementSubject"],
                "achievement": {
                    "id": "https://issuer.example/storyboarding",
                    "type": ["Achievement"],
                    "name": "Storyboarding",
                    "description": "Draws what a course will show.",
                    "criteria": {"narrative": "Four storyboards."},
                },
            },
            **changes,
        }

    def token(self, document: dict[str, Any], *, key: Any = None, **header: Any) -> bytes:
        """As a VC-JWT; `key` signs in place of the issuer's own, `header` says which and how, with None for nothing."""
        claims = {"iss": self.did, "jti": document["id"], "nbf": 1_767_225_600}
        given = {"alg": "EdDSA", "kid": self.method, **header}
        said = {name: value for name, value in given.items() if value is not None}
        payload = json.dumps(claims | document).encode()
        return jwt.PyJWS().encode(payload, key or self.key, said["alg"], said).encode()

    def did_document(self, **changes: Any) -> bytes:
        """What a did:web publishes."""
        method = {
            "id": self.method,
            "type": "Multikey",
            "controller": self.did,
            "publicKeyMultibase": self.multikey,
        }
        document = {
            "id": self.did,
            "verificationMethod": [method],
            "assertionMethod": [self.method],
        }
        return json.dumps(document | changes).encode()

    def status_list(
        self, *marked: int, purpose: str = "revocation", **changes: Any
    ) -> dict[str, Any]:
        bits = bytearray(16_384)
        for index in marked:
            bits[index // 8] |= 128 >> index % 8
        packed = base64.urlsafe_b64encode(gzip.compress(bytes(bits))).decode().rstrip("=")
        return self.sign(
            {
                "@context": [_V2],
                "id": LIST_URL,
                "type": ["VerifiableCredential", "BitstringStatusListCredential"],
                "issuer": self.did,
                "credentialSubject": {
                    "id": f"{LIST_URL}#list",
                    "type": "BitstringStatusList",
                    "statusPurpose": purpose,
                    "encodedList": "u" + packed,
                },
                **changes,
            }
        )

    def listed_badge(self, purpose: str = "revocation") -> dict[str, Any]:
        entry = {
            "id": f"{LIST_URL}#7",
            "type": "BitstringStatusListEntry",
            "statusPurpose": purpose,
            "statusListIndex": "7",
            "statusListCredential": LIST_URL,
        }
        return self.sign(self.badge(credentialStatus=entry))
