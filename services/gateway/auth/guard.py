"""Before every route: who calls, whether they may, and from where.

A route says in `opt={"keys": …}` whose keys open it; a route without it is open to everyone. The
handler finds the Principal in `request.auth`.
"""

from ipaddress import ip_address, ip_network
from urllib.parse import parse_qs

from litestar.types import ASGIApp, Receive, Scope, Send

from libs.common.errors import Forbidden, Unauthenticated
from services.gateway.auth.authenticator import Authenticator
from services.gateway.auth.body_key import read_key
from services.gateway.auth.keys import CallerKind, digest
from services.gateway.auth.limits import Limiter
from services.gateway.auth.principal import Principal

PUBLIC: frozenset[CallerKind] = frozenset({"publishable", "secret", "admin"})
ANONYMOUS: frozenset[CallerKind] = frozenset({"publishable", "secret"})
PARTNER: frozenset[CallerKind] = frozenset({"secret"})
# Routes with a `learner_id` in the path, which has to be that of the token.
PARTNER_OR_LEARNER: frozenset[CallerKind] = frozenset({"secret", "learner"})
ADMIN: frozenset[CallerKind] = frozenset({"admin"})
_BEARER = b"bearer "


class Limits:
    """Which buckets a request takes from: its key's, and its address's unless a server of the partner calls.

    `key_rate` and `address_rate` are requests a second; `proxies` is how many of ours write
    X-Forwarded-For.
    """

    def __init__(
        self, limiter: Limiter, *, key_rate: int, address_rate: int, proxies: int = 0
    ) -> None:
        self._limiter = limiter
        self._key_rate = key_rate
        self._address_rate = address_rate
        self._proxies = proxies

    def count(self, scope: Scope, principal: Principal) -> None:
        """Raises RateLimited. A learner has one bucket, however many tokens."""
        name = f"key:{principal.key_prefix or _learner(principal)}"
        rate = principal.requests_per_second or self._key_rate
        bucket = self._limiter.bucket(name, rate)
        scope["rate_limit"] = bucket  # type: ignore[typeddict-unknown-key]
        self._limiter.take(bucket)

    def count_address(self, scope: Scope) -> None:
        """Raises RateLimited."""
        bucket = self._limiter.bucket(f"address:{_block(self._address(scope))}", self._address_rate)
        scope["rate_limit"] = bucket  # type: ignore[typeddict-unknown-key]
        self._limiter.take(bucket)

    def _address(self, scope: Scope) -> str:
        """The nearest that our own proxies did not write; anything before is the caller's invention."""
        if self._proxies:
            passed = (header(scope, b"x-forwarded-for") or "").split(",")
            if len(passed) >= self._proxies:
                return passed[-self._proxies].strip()
        client = scope["client"]
        return client[0] if client else ""


class Guard:
    """Litestar middleware: `middleware=[Guard(authenticator).layer]`."""

    def __init__(self, authenticator: Authenticator, limits: Limits) -> None:
        self._authenticator = authenticator
        self._limits = limits

    def layer(self, app: ASGIApp) -> ASGIApp:
        """The guarded app."""

        async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
            allowed = scope["route_handler"].opt.get("keys")
            if allowed is not None:
                key, in_header = given_key(scope)
                if key is None and scope["route_handler"].opt.get("key_in_body"):
                    self._limits.count_address(scope)
                    key, receive = await read_key(receive)
                await self._admit(scope, allowed, required(key), in_header=in_header)
            await app(scope, receive, send)

        return guarded

    async def _admit(
        self, scope: Scope, allowed: frozenset[CallerKind], key: str, *, in_header: bool
    ) -> None:
        principal = await self.caller(scope, key)
        self._limits.count(scope, principal)
        if not in_header and principal.kind != "publishable":
            raise Unauthenticated("Only a publishable key may stand in a URL or a body.")
        if principal.kind not in allowed:
            raise Forbidden(f"This needs another key: {' or '.join(sorted(allowed))}.")
        if principal.kind == "learner":
            refuse_other_learner(scope, principal)
        if principal.kind == "publishable":
            refuse_foreign_page(scope, principal)

    async def caller(self, scope: Scope, key: str) -> Principal:
        """Who calls, counted by address; said to the outer layers even when the call is refused, so that a page can
        read why."""
        principal = self._authenticator.remembered(digest(key))
        if principal is None:
            self._limits.count_address(scope)
            principal = await self._authenticator.authenticate(key)
            scope["auth"] = principal
            return principal
        scope["auth"] = principal
        if principal.kind in ("publishable", "learner"):
            self._limits.count_address(scope)
        return principal


def _block(address: str) -> str:
    """Of IPv6 the /64, which is one customer's."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    return str(ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address


def refuse_other_learner(scope: Scope, principal: Principal) -> None:
    """Raises Forbidden unless the path is of the learner whose token it is."""
    if scope["path_params"].get("learner_id") != principal.learner_id:
        raise Forbidden("This token is another learner's.")


def refuse_foreign_page(scope: Scope, principal: Principal) -> None:
    """Raises Forbidden unless the page is the partner's, or our own, of which browsers say `same-origin` (with an
    `Origin` where it posts)."""
    origin, same_site = header(scope, b"origin"), header(scope, b"sec-fetch-site")
    if same_site == "same-origin":
        return
    if origin is None or origin.lower() not in principal.allowed_origins:
        raise Forbidden(
            "This page's origin is not on the partner's list.", code="origin_not_allowed"
        )


def header(scope: Scope, name: bytes) -> str | None:
    """A header as text."""
    for each, value in scope["headers"]:
        if each == name:
            return value.decode("latin-1")
    return None


def _learner(principal: Principal) -> str:
    """A learner in a name of bounded length."""
    return digest(f"{principal.partner_id}\0{principal.learner_id}").hex()


def given_key(scope: Scope) -> tuple[str | None, bool]:
    """The key of header or URL, and whether it stands in the header. Raises Unauthenticated for another scheme."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            if value[:7].lower() != _BEARER:
                raise Unauthenticated("Send the key as `Authorization: Bearer …`.")
            return value[7:].decode("latin-1").strip(), True
    given = scope["query_string"] and parse_qs(scope["query_string"].decode("latin-1")).get("key")
    return (given[0] if given else None), False


def required(key: str | None) -> str:
    """The key. Raises Unauthenticated without one."""
    if not key:
        raise Unauthenticated("Send a key as `Authorization: Bearer …`.")
    return key
