"""From a key to whose it is, remembered for a few seconds, and longer while PostgreSQL is away."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import NamedTuple, Protocol

import structlog

from libs.common.errors import Unauthenticated, Unavailable
from services.gateway.auth import keys
from services.gateway.auth.principal import Principal
from services.gateway.auth.tokens import SignerStore, Tokens

log = structlog.get_logger()

FRESH_SECONDS = 10.0
PATIENCE_SECONDS = 1.0
MOST_REMEMBERED = 10_000


class KeyStore(SignerStore, Protocol):
    """Raises Unavailable while it is away."""

    async def find_key(self, prefix: str) -> tuple[bytes, Principal] | None: ...


class Remembered(NamedTuple):
    principal: Principal
    until: float


class Authenticator:
    """A revoked key works for at most `FRESH_SECONDS`, or until PostgreSQL is back."""

    def __init__(
        self, store: KeyStore, tokens: Tokens, *, clock: Callable[[], float] = monotonic
    ) -> None:
        self._store = store
        self._tokens = tokens
        self._clock = clock
        self._known: OrderedDict[bytes, Remembered] = OrderedDict()
        self._asking: dict[bytes, asyncio.Task[Principal | None]] = {}

    def remembered(self, key_digest: bytes) -> Principal | None:
        """The owner of a key seen within the last seconds; what nearly every request needs."""
        known = self._known.get(key_digest)
        return known.principal if known is not None and self._clock() < known.until else None

    async def authenticate(self, key: str) -> Principal:
        """The owner of a key or token. Raises Unauthenticated, or Unavailable when nobody can tell."""
        key_digest = keys.digest(key)
        principal = self.remembered(key_digest)
        if principal is not None:
            return principal
        prefix = keys.prefix(key)
        if prefix is None:
            return await self._of_token(key, key_digest)
        principal = await self._ask_once(prefix, key_digest)
        if principal is None:
            raise Unauthenticated("This key is unknown or has been revoked.")
        return principal

    async def _of_token(self, token: str, token_digest: bytes) -> Principal:
        if token.count(".") != 2:
            raise Unauthenticated("This is neither a key nor a token.")
        principal, seconds = await self._tokens.verify(token)
        return self._remember(token_digest, principal, min(seconds, FRESH_SECONDS))

    async def _ask_once(self, prefix: str, key_digest: bytes) -> Principal | None:
        """One question at a time for a key, whoever waits for the answer."""
        asking = self._asking.get(key_digest)
        if asking is None:
            asking = asyncio.create_task(self._ask(prefix, key_digest))
            self._asking[key_digest] = asking
            asking.add_done_callback(lambda _: self._asking.pop(key_digest))
        return await asyncio.shield(asking)

    async def _ask(self, prefix: str, key_digest: bytes) -> Principal | None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                found = await self._store.find_key(prefix)
        except (Unavailable, TimeoutError) as away:
            known = self._known.get(key_digest)
            if known is None:
                raise Unavailable("Keys cannot be checked now.") from away
            log.warning("a key is taken as remembered", key_prefix=prefix)
            return self._remember(key_digest, known.principal)
        if found is None or not keys.matches(key_digest, found[0]):
            self._known.pop(key_digest, None)
            return None
        return self._remember(key_digest, found[1])

    def _remember(
        self, key_digest: bytes, principal: Principal, seconds: float = FRESH_SECONDS
    ) -> Principal:
        self._known[key_digest] = Remembered(principal, self._clock() + seconds)
        self._known.move_to_end(key_digest)
        if len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)
        return principal
