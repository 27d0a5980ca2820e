"""What a write under an `Idempotency-Key` answered, kept so that a retry gets it again.

The answer holds keys that are shown once, so it is kept sealed (AES-256-GCM) under a key derived from the caller's
own key, of which the database has a digest only: who reads the database reads no answer, and who holds the caller's
key could have made the keys in it.
"""

import hashlib
import secrets
from typing import NamedTuple

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from libs.common.errors import Conflict, InvalidRequest

LONGEST_NAME = 255
_NONCE_BYTES = 12


class Receipt(NamedTuple):
    """`caller` is a key's prefix, `name` the Idempotency-Key, `fingerprint` a digest of what is asked for."""

    caller: str
    name: str
    fingerprint: bytes
    secret: bytes

    def seal(self, answer: bytes) -> bytes:
        """The answer as it is kept."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + AESGCM(self.secret).encrypt(nonce, answer, self.fingerprint)

    def open(self, fingerprint: bytes, sealed: bytes) -> bytes:
        """The answer that was kept. Raises Conflict where it is another request's."""
        if fingerprint != self.fingerprint:
            raise Conflict("This Idempotency-Key was used for another request.")
        nonce, answer = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return AESGCM(self.secret).decrypt(nonce, answer, fingerprint)
        except InvalidTag as other:
            raise Conflict("This Idempotency-Key was used by another caller.") from other


def receipt(name: str, key: str, caller: str, *asked: object) -> Receipt:
    """For a request with an Idempotency-Key. Raises InvalidRequest for one that is no visible ASCII."""
    if not 1 <= len(name) <= LONGEST_NAME or not (name.isascii() and name.isprintable()):
        raise InvalidRequest(
            f"Idempotency-Key: expected 1 to {LONGEST_NAME} printable ASCII characters"
        )
    fingerprint = hashlib.sha256(msgspec.json.encode(asked, order="sorted")).digest()
    derivation = HKDF(SHA256(), 32, salt=None, info=b"stackwise idempotency " + name.encode())
    return Receipt(caller, name, fingerprint, derivation.derive(key.encode()))
