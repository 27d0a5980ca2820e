"""Who may sign for a partner's learners: an issuer, an audience, algorithms, and public keys."""

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import jwt
from msgspec import Meta, Struct

from libs.common.errors import Fault, InvalidRequest

Algorithm = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"
]
Named = Annotated[str, Meta(min_length=1, max_length=500)]
MOST_KEYS = 50
_PUBLIC_KINDS = ("RSA", "EC", "OKP")
_PRIVATE_PARTS = frozenset(("d", "p", "q", "dp", "dq", "qi", "oth", "k"))


class Identity(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An (issuer, audience) is one partner's only. Keys are `jwks` (RFC 7517), or at `jwks_url`."""

    issuer: Named
    audience: Named
    algorithms: Annotated[list[Algorithm], Meta(min_length=1, max_length=10)]
    jwks: dict[str, Any] | None = None
    jwks_url: Annotated[str, Meta(pattern="^https://[^/?#@\\s]+", max_length=500)] | None = None


class Signer(Struct, frozen=True):
    """An identity, whose it is, what the partner's pages are, and its limit (None: the default)."""

    partner_id: str
    allowed_origins: frozenset[str]
    identity: Identity
    requests_per_second: int | None = None


def check(identity: Identity) -> None:
    """Raises InvalidRequest for what could verify nothing, or would leak: no usable public key, a
    private or symmetric one, a URL that is not https."""
    if (identity.jwks is None) == (identity.jwks_url is None):
        raise _refusal("", "give either jwks or jwks_url")
    if identity.jwks is not None and not public_keys(identity.jwks):
        raise _refusal("/jwks", "holds no key that can verify")
    if identity.jwks_url is not None:
        _check_url(identity.jwks_url)


def public_keys(jwks: dict[str, Any]) -> list[dict[str, Any]]:
    """The keys of a set that can verify. Raises InvalidRequest for one that is no public key."""
    keys = jwks.get("keys")
    if not isinstance(keys, list) or len(keys) > MOST_KEYS:
        raise _refusal("/jwks/keys", f"expected a list of at most {MOST_KEYS} keys")
    for index, key in enumerate(keys):
        _check_key(key, f"/jwks/keys/{index}")
    return [key for key in keys if key.get("use", "sig") == "sig"]


def published_keys(jwks: dict[str, Any]) -> list[dict[str, Any]]:
    """Those of a set at a URL that can verify; what else the issuer publishes is no business of ours (RFC 7517, 5). Raises
    InvalidRequest where none is left."""
    keys = jwks.get("keys")
    usable = [key for key in keys[:MOST_KEYS] if _verifies(key)] if isinstance(keys, list) else []
    if not usable:
        raise _refusal("/jwks/keys", "holds no key that can verify")
    return usable


def _verifies(key: Any) -> bool:
    try:
        _check_key(key, "")
    except InvalidRequest:
        return False
    return bool(key.get("use", "sig") == "sig")


def _check_key(key: Any, pointer: str) -> None:
    if not isinstance(key, dict) or key.get("kty") not in _PUBLIC_KINDS:
        raise _refusal(pointer, "expected a public key (RSA, EC or OKP)")
    if _PRIVATE_PARTS & key.keys():
        raise _refusal(pointer, "is a private key; give its public half only")
    if key.get("use", "sig") == "sig":
        _parse(key, pointer)


def _parse(key: dict[str, Any], pointer: str) -> None:
    try:
        jwt.PyJWK(key)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError) as bad:
        raise _refusal(pointer, "is not a key that can be read") from bad


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        wrong = parts.scheme != "https" or not parts.hostname or parts.username is not None
        _ = parts.port
    except ValueError as bad:
        raise _refusal("/jwks_url", "is not a URL") from bad
    if wrong:
        raise _refusal("/jwks_url", "must be https, without a user name")


def _refusal(pointer: str, detail: str) -> InvalidRequest:
    return InvalidRequest(f"{pointer or 'identity'}: {detail}", faults=[Fault(pointer, detail)])
