"""What the local stack tells the demo: a publishable key, and the key that signs its learners' tokens."""

import secrets
from pathlib import Path
from time import time
from typing import Any

import jwt
import msgspec
from msgspec import Struct

from libs.common.errors import Unavailable

TOKEN_SECONDS = 12 * 3600


class DemoKey(Struct, frozen=True, kw_only=True):
    """A file of mode 0600. `private_jwk` never leaves the process; its public half is the partner's JWKS."""

    publishable_key: str
    issuer: str
    audience: str
    private_jwk: dict[str, Any]


class Session(Struct, frozen=True, kw_only=True):
    """A learner of the demo's own, and the token that opens that learner only."""

    learner_id: str
    token: str


def read_key(path: Path) -> DemoKey:
    """Raises Unavailable until the local stack has written the file."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=DemoKey)
    except (OSError, msgspec.DecodeError) as absent:
        raise Unavailable("The demo is still being set up.") from absent


def new_session(key: DemoKey, person: str) -> Session:
    """A token for a learner that nobody had before."""
    learner = f"demo-{person}-{secrets.token_hex(8)}"
    now = int(time())
    claims = {
        "iss": key.issuer,
        "aud": key.audience,
        "sub": learner,
        "iat": now,
        "exp": now + TOKEN_SECONDS,
    }
    signing = jwt.PyJWK(key.private_jwk)
    token = jwt.encode(
        claims, signing.key, signing.algorithm_name, headers={"kid": key.private_jwk["kid"]}
    )
    return Session(learner_id=learner, token=token)
