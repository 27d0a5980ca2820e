"""Query parameters, with the names and limits of api.md."""

from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

from libs.common.contracts.calls import (
    Constraints,
    Job,
    Limit,
    Narrowing,
    Target,
    WantedSkill,
    WhatIf,
)
from libs.common.contracts.types import (
    CredentialId,
    Currency,
    Delivery,
    Hours,
    Language,
    Money,
    Name,
    OccupationId,
    Region,
    SkillId,
    refuse_bad_amount,
)
from libs.common.errors import Fault, InvalidRequest
from services.gateway.catalog.search import Wanted

Words = Annotated[str, Meta(max_length=500)]
PageLimit = Annotated[int, Meta(ge=1, le=100)]
Cursor = Annotated[str, Meta(min_length=1, max_length=10_000)]
Position = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class RecommendationQuery(Struct, frozen=True, kw_only=True):
    """What narrows or replaces a learner's own goal and constraints."""

    limit: Limit = 10
    occupation: OccupationId | None = None
    max_cost: Decimal | None = None
    currency: Currency = "USD"
    max_hours: Hours | None = None
    delivery: Delivery | None = None
    language: Language | None = None
    region: Region | None = None
    min_position: Position | None = None

    def __post_init__(self) -> None:
        _refuse_bad_cost(self.max_cost)

    def narrowing(self) -> Narrowing | None:
        """None when nothing narrows the learner's own list."""
        limits = Constraints(
            max_cost=None if self.max_cost is None else Money(self.max_cost, self.currency),
            max_hours=self.max_hours,
            delivery=[self.delivery] if self.delivery else [],
            languages=[self.language] if self.language else [],
            region=self.region,
        )
        if self.occupation is None and limits == _NO_CONSTRAINTS:
            return None
        return Narrowing(occupation=self.occupation, constraints=limits, limit=self.limit)


class WidgetQuery(Struct, frozen=True, kw_only=True):
    """A job page. The goal is its occupation, else the skills it names, else its title."""

    job_title: Name | None = None
    occupation: OccupationId | None = None
    skills: Annotated[str, Meta(max_length=20_000)] | None = None
    region: Region | None = None
    language: Language | None = None
    limit: Limit = 10

    def what_if(self, partner_id: str) -> WhatIf:
        """The question that the page asks."""
        limits = Constraints(languages=[self.language] if self.language else [], region=self.region)
        return WhatIf(
            target=self._target(), constraints=limits, limit=self.limit, audience=partner_id
        )

    def _target(self) -> Target | None:
        if self.occupation is not None:
            return Target(occupation=self.occupation)
        skills = [skill for each in (self.skills or "").split(",") if (skill := each.strip())]
        if skills:
            return Target(skills=[WantedSkill(id=skill) for skill in skills])
        if self.job_title is not None:
            return Target(job=Job(title=self.job_title, region=self.region))
        return None


class FrameQuery(WidgetQuery, frozen=True, kw_only=True):
    """What the iframe's page hands to the element."""

    heading: Words | None = None
    consent: Words | None = None
    lang: Words | None = None


class CredentialSearch(Struct, frozen=True, kw_only=True):
    """`status`: one or several, separated by commas, or `any`; those that can be earned unless given."""

    q: Words = ""
    skill: SkillId | None = None
    occupation: OccupationId | None = None
    issuer: Name | None = None
    max_cost: Decimal | None = None
    currency: Currency = "USD"
    language: Language | None = None
    status: (
        Annotated[
            str,
            Meta(
                pattern="^(any|(active|ceasing|deprecated|suspended)(,(active|ceasing|deprecated|suspended))*)$"
            ),
        ]
        | None
    ) = None
    limit: PageLimit = 20
    cursor: Cursor | None = None

    def __post_init__(self) -> None:
        _refuse_bad_cost(self.max_cost)

    def wanted(self) -> Wanted:
        return Wanted(
            q=self.q,
            skill=self.skill,
            occupation=self.occupation,
            issuer=self.issuer,
            max_cost=None if self.max_cost is None else Money(self.max_cost, self.currency),
            language=self.language,
            status=self.status,
        )


class TermSearch(Struct, frozen=True, kw_only=True):
    q: Words = ""
    limit: PageLimit = 20
    cursor: Cursor | None = None


class SimilarQuery(Struct, frozen=True, kw_only=True):
    limit: Limit = 10


class RetireQuery(Struct, frozen=True, kw_only=True):
    superseded_by: CredentialId | None = None


class BadgeQuery(Struct, frozen=True, kw_only=True):
    """`recipient`: who the badge must have been issued to (a DID or URI, or an address of mail, which the badge may hold hashed);
    one that was issued to somebody else is answered as invalid and changes nothing."""

    recipient: Annotated[str, Meta(min_length=1, max_length=500)] | None = None


_NO_CONSTRAINTS = Constraints()


def _refuse_bad_cost(max_cost: Decimal | None) -> None:
    try:
        refuse_bad_amount(max_cost)
    except ValueError as bad:
        fault = Fault("?max_cost", str(bad))
        raise InvalidRequest(f"{fault.pointer}: {fault.detail}", faults=[fault]) from bad
