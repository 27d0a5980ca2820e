"""Learners' tokens: JWTs that a partner signs for a learner (RFC 7519, RFC 8725).

The algorithms are those that the partner has named, never what the token asks for; the token says
by `iss` and `aud` whose it is, and those two are one partner's only.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from time import monotonic, time
from typing import Any, NamedTuple, Protocol

import jwt

from libs.common.errors import Unauthenticated, Unavailable
from services.gateway.auth.identity import Identity, Signer, public_keys
from services.gateway.auth.jwks import KeySets
from services.gateway.auth.principal import Principal

LEEWAY_SECONDS = 10
FRESH_SECONDS = 10.0
LONGEST_TOKEN = 8_000
LONGEST_LEARNER = 500
LONGEST_ISSUER = 2_000
MOST_REMEMBERED = 1_000
_FAR = 2**40  # seconds since 1970; a caller may write any number
_REQUIRED = ["exp", "iss", "aud", "sub"]


class SignerStore(Protocol):
    """Raises Unavailable while it is away."""

    async def find_signers(self, issuer: str) -> Sequence[Signer]: ...


class Verified(NamedTuple):
    """The learner, and for how many seconds the token may be remembered."""

    principal: Principal
    seconds: float


class Tokens:
    """Raises Unauthenticated for any token that is not a partner's own, whole and in time."""

    def __init__(
        self, store: SignerStore, key_sets: KeySets, *, clock: Callable[[], float] = monotonic
    ) -> None:
        self._store = store
        self._key_sets = key_sets
        self._clock = clock
        self._signers: OrderedDict[str, tuple[float, Sequence[Signer]]] = OrderedDict()

    async def verify(self, token: str) -> Verified:
        """Whose token it is. Raises Unavailable when nobody can tell now."""
        header, claims = _unverified(token)
        signer = _of_audience(await self._of_issuer(claims.get("iss")), claims.get("aud"))
        identity = signer.identity
        if header.get("alg") not in identity.algorithms:
            raise Unauthenticated("This token is signed with another algorithm than agreed.")
        kid = header.get("kid")
        key = _choose(await self._keys(identity, kid), kid, header["alg"])
        verified = _decode(token, key, identity)
        learner = verified["sub"]
        if not _is_text(learner, LONGEST_LEARNER):
            raise Unauthenticated("This token's `sub` is no learner's id.")
        principal = Principal(
            "learner",
            "",
            signer.partner_id,
            signer.allowed_origins,
            learner_id=learner,
            requests_per_second=signer.requests_per_second,
        )
        ends = min(int(verified["exp"]), _FAR)
        return Verified(principal, ends + LEEWAY_SECONDS - time())

    async def _of_issuer(self, issuer: Any) -> Sequence[Signer]:
        if not isinstance(issuer, str) or not _is_text(issuer, LONGEST_ISSUER):
            raise Unauthenticated("This token has no issuer.")
        known = self._signers.get(issuer)
        if known is not None and self._clock() < known[0]:
            return known[1]
        try:
            found = await self._store.find_signers(issuer)
        except Unavailable:
            if known is None:
                raise
            return known[1]
        self._signers[issuer] = self._clock() + FRESH_SECONDS, found
        self._signers.move_to_end(issuer)
        if len(self._signers) > MOST_REMEMBERED:
            self._signers.popitem(last=False)
        return found

    async def _keys(self, identity: Identity, kid: Any) -> list[dict[str, Any]]:
        if identity.jwks is not None:
            return public_keys(identity.jwks)
        assert identity.jwks_url is not None
        return await self._key_sets.find(identity.jwks_url, kid if isinstance(kid, str) else None)


def _unverified(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    if len(token) > LONGEST_TOKEN:
        raise Unauthenticated("This token is too long.")
    try:
        read = jwt.decode_complete(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError) as bad:
        raise Unauthenticated("This is neither a key nor a token.") from bad
    return read["header"], read["payload"]


def _is_text(written: str, longest: int) -> bool:
    """Whether a database takes it: JSON may hold halves of characters, and NUL."""
    return (
        0 < len(written) <= longest
        and "\0" not in written
        and not any("\ud800" <= each <= "\udfff" for each in written)
    )


def _of_audience(signers: Sequence[Signer], audience: Any) -> Signer:
    """The one whose audience is named; a token for two partners is nobody's."""
    named = audience if isinstance(audience, list) else [audience]
    found = [signer for signer in signers if signer.identity.audience in named]
    if len(found) != 1:
        raise Unauthenticated("This token's issuer and audience are not a partner's.")
    return found[0]


def _choose(keys: list[dict[str, Any]], kid: Any, algorithm: str) -> jwt.PyJWK:
    """The key that the token names; without a name the only one there is."""
    fitting = [
        key
        for key in keys
        if (kid is None or key.get("kid") == kid) and key.get("alg", algorithm) == algorithm
    ]
    if len(fitting) != 1:
        raise Unauthenticated("This token's key is not among the partner's.")
    try:
        return jwt.PyJWK(fitting[0], algorithm=algorithm)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError) as bad:
        raise Unauthenticated("This token's key is not one of its algorithm.") from bad


def _decode(token: str, key: jwt.PyJWK, identity: Identity) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[key.algorithm_name],
            issuer=identity.issuer,
            audience=identity.audience,
            leeway=LEEWAY_SECONDS,
            options={"require": _REQUIRED},
        )
    except jwt.ExpiredSignatureError as bad:
        raise Unauthenticated("This token has expired.") from bad
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError) as bad:
        raise Unauthenticated("This token is not valid.") from bad
    return claims
