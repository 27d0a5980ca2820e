"""The query parameters of a search."""

from decimal import Decimal
from typing import Annotated, get_args

from msgspec import Meta, Struct

from libs.common.contracts.catalog import RECOMMENDABLE, CredentialStatus
from libs.common.contracts.types import (
    Currency,
    Language,
    Money,
    Name,
    OccupationId,
    PartnerId,
    SkillId,
    refuse_bad_amount,
)
from libs.common.errors import Fault, InvalidRequest
from services.catalog.domain.kinds import KindName
from services.catalog.domain.search import DEFAULT_LIMIT, MAX_LIMIT, Filters, Query
from services.catalog.domain.text import terms

Words = Annotated[str, Meta(max_length=500)]
Limit = Annotated[int, Meta(ge=1, le=MAX_LIMIT)]
Cursor = Annotated[str, Meta(min_length=1, max_length=10_000)]
STATUSES: tuple[CredentialStatus, ...] = get_args(CredentialStatus)


class TermSearch(Struct, frozen=True, kw_only=True):
    """What occupations and skills are searched by."""

    q: Words = ""
    limit: Limit = DEFAULT_LIMIT
    cursor: Cursor | None = None

    def query(self, kind: KindName) -> Query:
        return Query(kind=kind, terms=_terms(self.q), limit=self.limit)


class CredentialSearch(Struct, frozen=True, kw_only=True):
    """What credentials are searched by. `status`: one or several, separated by commas, or `any`."""

    q: Words = ""
    skill: SkillId | None = None
    occupation: OccupationId | None = None
    issuer: Name | None = None
    max_cost: Decimal | None = None
    currency: Currency = "USD"
    language: Language | None = None
    status: str | None = None
    audience: PartnerId | None = None
    limit: Limit = DEFAULT_LIMIT
    cursor: Cursor | None = None

    def __post_init__(self) -> None:
        if set(_statuses(self.status)) - set(STATUSES):
            raise _refused("?status", f"is any, or of {', '.join(STATUSES)}")
        try:
            refuse_bad_amount(self.max_cost)
        except ValueError as bad:
            raise _refused("?max_cost", str(bad)) from bad

    def query(self, kind: KindName) -> Query:
        max_cost = None if self.max_cost is None else Money(self.max_cost, self.currency)
        filters = Filters(
            skill=self.skill,
            occupation=self.occupation,
            issuer=self.issuer,
            max_cost=max_cost,
            language=self.language,
            statuses=_statuses(self.status),
            audience=self.audience,
        )
        return Query(kind=kind, terms=_terms(self.q), filters=filters, limit=self.limit)


def _refused(pointer: str, detail: str) -> InvalidRequest:
    return InvalidRequest(f"{pointer}: {detail}", faults=[Fault(pointer, detail)])


def _terms(q: str) -> list[str] | None:
    return terms(q) if q.strip() else None


def _statuses(given: str | None) -> list[CredentialStatus]:
    """Only what may be recommended, unless asked otherwise."""
    if given is None:
        return sorted(RECOMMENDABLE)
    return [] if given == "any" else sorted(given.split(","))  # type: ignore[arg-type]
