"""A partner as administrators see it. A key is never part of it, only its prefix."""

from datetime import datetime

from msgspec import UNSET, Struct, UnsetType

from services.gateway.auth.identity import Identity
from services.gateway.auth.keys import KeyKind


class ShownKey(Struct, frozen=True, kw_only=True):
    """A key as it may be listed: by its prefix, never itself."""

    prefix: str
    kind: KeyKind
    created_at: datetime
    revoked_at: datetime | None = None


class Partner(Struct, frozen=True, kw_only=True):
    """A partner and the keys that were ever made for it; `requests_per_second` None: the default."""

    id: str
    name: str
    allowed_origins: list[str]
    created_at: datetime
    requests_per_second: int | None = None
    identities: list[Identity] = []
    keys: list[ShownKey] = []


class Change(Struct, frozen=True, kw_only=True):
    """What of a partner is to be other than it is; None stays, but a limit of None is the default."""

    name: str | None = None
    allowed_origins: list[str] | None = None
    requests_per_second: int | UnsetType | None = UNSET
    identities: list[Identity] | None = None
