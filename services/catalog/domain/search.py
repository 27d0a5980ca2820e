"""What a search asks for, and where its next page begins."""

import base64
import binascii
import hashlib
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from libs.common.contracts.catalog import CatalogSnapshot, CredentialStatus
from libs.common.contracts.types import Money
from libs.common.errors import Fault, InvalidRequest
from services.catalog.domain.kinds import KindName

DEFAULT_LIMIT = 20
MAX_LIMIT = 100


class Filters(Struct, frozen=True, kw_only=True):
    """What a credential must be. An unknown price fails `max_cost`; no `statuses` means any.

    audience: the partner who asks; credentials made for others only are left out.
    """

    skill: str | None = None
    occupation: str | None = None
    issuer: str | None = None
    max_cost: Money | None = None
    language: str | None = None
    statuses: Sequence[CredentialStatus] = ()
    audience: str | None = None


class Place(Struct, frozen=True, array_like=True):
    """The last item of a page: by relevance where there are words, else by its name, then its key."""

    search: str
    by: float | str
    key: str


class Query(Struct, frozen=True, kw_only=True):
    """`terms`: folded words, all of which must match, the last one as a beginning; none matches all.

    after: the last item of the page before; None for the first page.
    """

    kind: KindName
    terms: list[str] | None = None
    filters: Filters | None = None
    limit: int = DEFAULT_LIMIT
    after: Place | None = None


class Page(Struct, frozen=True):
    """Found snapshots in order, and the place where the next page begins."""

    items: list[CatalogSnapshot]
    last: Place | None = None


def fingerprint(query: Query) -> str:
    """Tells searches apart whose pages must not be mixed; the page size may change on the way."""
    asked = msgspec.json.encode((query.kind, query.terms, query.filters))
    return hashlib.blake2b(asked, digest_size=8).hexdigest()


def cursor(place: Place) -> str:
    """The opaque form of a place."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(place)).decode().rstrip("=")


def resume(query: Query, given: str) -> Query:
    """The same search after the place that a cursor names.

    Raises InvalidRequest unless the cursor came from this very search.
    """
    try:
        raw = base64.b64decode(given + "=" * (-len(given) % 4), altchars=b"-_", validate=True)
        place = msgspec.msgpack.decode(raw, type=Place)
    except (ValueError, binascii.Error, msgspec.MsgspecError) as broken:
        raise _refused("is not a cursor of this API") from broken
    if place.search != fingerprint(query):
        raise _refused("belongs to another search")
    by_relevance = bool(query.terms)
    if isinstance(place.by, float) is not by_relevance or "\0" in f"{place.by}{place.key}":
        raise _refused("is not a cursor of this API")
    return msgspec.structs.replace(query, after=place)


def _refused(why: str) -> InvalidRequest:
    return InvalidRequest(f"The cursor {why}.", faults=[Fault("?cursor", why)])
