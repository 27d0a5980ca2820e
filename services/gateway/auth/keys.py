"""Keys: what they look like, and what is kept of them.

A key is its kind, ten characters by which it is found, and a secret of 190 bits:
`sk_` `Xy3kPq81Lz` `…32 characters…`. So a plain digest is enough to keep; it cannot be guessed back.
"""

import hashlib
import hmac
import re
import secrets
import string
from typing import Literal, NamedTuple

KeyKind = Literal["publishable", "secret", "admin"]
# Who calls: the owner of a key, or a learner with a token that their partner signed.
CallerKind = Literal["publishable", "secret", "admin", "learner"]

KINDS: dict[str, KeyKind] = {"pk": "publishable", "sk": "secret", "ak": "admin"}
_ABBREVIATIONS = {kind: short for short, kind in KINDS.items()}
_ALPHABET = string.ascii_letters + string.digits
_SHAPE = re.compile(r"((pk|sk|ak)_[A-Za-z0-9]{10})[A-Za-z0-9]{32}")


class KeyRecord(NamedTuple):
    """What is kept of a key."""

    prefix: str
    digest: bytes
    kind: KeyKind


def mint(kind: KeyKind) -> tuple[str, KeyRecord]:
    """A new key, shown once, and what is kept of it."""
    key = f"{_ABBREVIATIONS[kind]}_{''.join(secrets.choice(_ALPHABET) for _ in range(42))}"
    return key, KeyRecord(key[:13], digest(key), kind)


def prefix(key: str) -> str | None:
    """By what the key is found; None when it does not look like a key."""
    shaped = _SHAPE.fullmatch(key)
    return None if shaped is None else shaped[1]


def digest(key: str) -> bytes:
    """What is kept in place of the key."""
    return hashlib.sha256(key.encode()).digest()


def matches(key_digest: bytes, kept: bytes) -> bool:
    """Compares in constant time."""
    return hmac.compare_digest(key_digest, kept)
