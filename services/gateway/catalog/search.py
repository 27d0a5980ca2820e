"""Searching the catalog in memory: coarser than the catalog's own search, for while that is away."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from libs.common.contracts.calls import Constraints
from libs.common.contracts.catalog import RECOMMENDABLE, Credential
from libs.common.contracts.types import Money
from libs.common.errors import Fault, InvalidRequest, Unavailable
from libs.common.rules.eligibility import broken
from services.gateway.catalog.view import CatalogView

CURSOR = "local-"


class Wanted(NamedTuple):
    """What is searched for; what is None is left open. `status`: some, separated by commas, or `any`."""

    q: str = ""
    skill: str | None = None
    occupation: str | None = None
    issuer: str | None = None
    max_cost: Money | None = None
    language: str | None = None
    status: str | None = None


class Page(NamedTuple):
    ids: list[str]
    next_cursor: str | None


def credentials(
    view: CatalogView, wanted: Wanted, partner_id: str | None, limit: int, cursor: str | None
) -> Page:
    """Credentials that this partner may see."""
    found = (
        each.id
        for each in view.credentials.values()
        if _visible(each, partner_id) and _wanted(each, wanted)
    )
    return _page(found, limit, cursor)


def named(table: Mapping[str, Any], q: str, limit: int, cursor: str | None) -> Page:
    """Skills or occupations by the words of their names and aliases."""
    found = (id for id, each in table.items() if _says((each.name, *each.aliases), q))
    return _page(found, limit, cursor)


def _wanted(credential: Credential, wanted: Wanted) -> bool:
    limits = Constraints(
        max_cost=wanted.max_cost, languages=[wanted.language] if wanted.language else []
    )
    return (
        _in_status(credential, wanted.status)
        and (wanted.issuer is None or wanted.issuer == credential.issuer.id)
        and (wanted.skill is None or any(s.id == wanted.skill for s in credential.skills))
        and (wanted.occupation is None or wanted.occupation in credential.occupations)
        and _says((credential.name, credential.description or ""), wanted.q)
        and not broken(credential, limits)
    )


def _in_status(credential: Credential, status: str | None) -> bool:
    if status is None:
        return credential.status in RECOMMENDABLE
    return status == "any" or credential.status in status.split(",")


def _visible(credential: Credential, partner_id: str | None) -> bool:
    return not credential.audience or partner_id is None or partner_id in credential.audience


def _says(texts: Iterable[str], q: str) -> bool:
    text = " ".join(texts).casefold()
    return all(word in text for word in q.casefold().split())


def _page(found: Iterator[str], limit: int, cursor: str | None) -> Page:
    start = 0 if cursor is None else _start(cursor)
    ids = list(islice(found, start, start + limit + 1))
    more = f"{CURSOR}{start + limit}" if len(ids) > limit else None
    return Page(ids[:limit], more)


def is_own(cursor: str | None) -> bool:
    """Whether a page was begun here."""
    return cursor is not None and cursor.startswith(CURSOR)


def _start(cursor: str) -> int:
    number = cursor.removeprefix(CURSOR)
    if not is_own(cursor):
        raise Unavailable("The catalog, where this search began, is away.")
    if not number.isdecimal() or len(number) > 9:
        fault = Fault("?cursor", "is not one of this search")
        raise InvalidRequest(fault.detail, faults=[fault])
    return int(number)
