"""Snapshots that the catalog publishes. Terms: CTDL, Open Badges 3.0, the EU micro-credential recommendation.

A `…Body` is what a partner sends; the snapshot adds the ids of the path and what the server sets.
"""

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct

from libs.common.contracts.types import (
    Count,
    CredentialId,
    Currency,
    Delivery,
    Hours,
    IncomeBand,
    Language,
    Level,
    LevelName,
    Name,
    OccupationId,
    PartnerId,
    Region,
    Share,
    SkillId,
    Text,
    Timestamp,
    Url,
    refuse_bad_amount,
)

CredentialType = Literal[
    "Badge", "Certificate", "Certification", "MicroCredential", "License", "Degree", "Diploma"
]
CredentialStatus = Literal["active", "ceasing", "deprecated", "suspended"]
RECOMMENDABLE: frozenset[CredentialStatus] = frozenset({"active", "ceasing"})


class Issuer(Struct, frozen=True, kw_only=True):
    id: Name
    name: Name
    sector: Literal["public", "nonprofit", "for_profit"] | None = None


class TaughtSkill(Struct, frozen=True, kw_only=True):
    id: SkillId
    level: Level | None = None
    assessed: bool = False


class Cost(Struct, frozen=True, kw_only=True):
    amount: Decimal
    currency: Currency
    kind: Literal["tuition", "enrollment", "assessment", "materials", "other"]
    mandatory: bool = True

    def __post_init__(self) -> None:
        refuse_bad_amount(self.amount)


class Aid(Struct, frozen=True, kw_only=True):
    """Financial aid; absent regions or income bands mean everyone."""

    name: Name
    amount: Decimal | None = None
    currency: Currency | None = None
    regions: list[Region] = []
    income_bands: list[IncomeBand] = []

    def __post_init__(self) -> None:
        refuse_bad_amount(self.amount)


class Prerequisite(Struct, frozen=True, kw_only=True):
    """Either a credential or a skill, the skill at least at `level`."""

    credential: CredentialId | None = None
    skill: SkillId | None = None
    level: Level | None = None

    def __post_init__(self) -> None:
        if (self.credential is None) == (self.skill is None):
            raise ValueError("a prerequisite names either a credential or a skill")


class Agent(Struct, frozen=True, kw_only=True):
    id: Name
    name: Name


class Assertion(Struct, frozen=True, kw_only=True):
    """Someone other than the issuer stands behind the credential."""

    kind: Literal["accredits", "recognizes", "approves", "endorses"]
    agent: Agent
    jurisdiction: Region | None = None
    start: Timestamp | None = None
    end: Timestamp | None = None
    reciprocal: bool = False
    evidence_url: Url | None = None


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of those who earned it: rates from 0 to 1, earnings per year in `currency`."""

    kind: Literal["employment", "earnings", "completion"]
    value: Annotated[float, Meta(ge=0)]
    currency: Currency | None = None
    n: Count | None = None
    baseline: Annotated[float, Meta(ge=0)] | None = None
    months: Count | None = None
    source: Text | None = None

    def __post_init__(self) -> None:
        if self.kind != "earnings" and self.value > 1:
            raise ValueError("a rate is from 0 to 1")


class Assessment(Struct, frozen=True, kw_only=True):
    type: Text | None = None
    supervised: bool = False
    identity_verified: bool = False


class CredentialBody(Struct, frozen=True, kw_only=True):
    type: CredentialType
    name: Name
    status: CredentialStatus
    issuer: Issuer
    url: Url
    ctid: Name | None = None
    description: Text | None = None
    image: Url | None = None
    skills: list[TaughtSkill] = []
    occupations: list[OccupationId] = []
    level: LevelName | None = None
    eqf_level: Annotated[int, Meta(ge=1, le=8)] | None = None
    cost: list[Cost] = []
    aid: list[Aid] = []
    workload_hours: Hours | None = None
    delivery: list[Delivery] = []
    languages: list[Language] = []
    places: list[Region] = []
    prerequisites: list[Prerequisite] = []
    leads_to: list[CredentialId] = []
    renewal_months: Count | None = None
    assertions: list[Assertion] = []
    outcomes: list[Outcome] = []
    assessment: Assessment | None = None
    audience: list[PartnerId] = []
    published_at: Timestamp | None = None
    superseded_by: CredentialId | None = None


class Credential(CredentialBody, frozen=True, kw_only=True):
    id: CredentialId
    revision: Count
    updated_at: Timestamp


ReuseLevel = Literal["transversal", "cross-sector", "sector-specific", "occupation-specific"]


class SkillBody(Struct, frozen=True, kw_only=True):
    name: Name
    aliases: list[Name] = []
    kind: Literal["skill", "knowledge", "tool"] | None = None
    reuse_level: ReuseLevel | None = None
    half_life_years: Annotated[float, Meta(gt=0)] | None = None


class Skill(SkillBody, frozen=True, kw_only=True):
    id: SkillId
    revision: Count
    updated_at: Timestamp


class MedianWage(Struct, frozen=True, kw_only=True):
    amount: Decimal
    currency: Currency
    period: Literal["hour", "month", "year"]
    region: Region
    year: Count

    def __post_init__(self) -> None:
        refuse_bad_amount(self.amount)


class RequiredSkill(Struct, frozen=True, kw_only=True):
    """Importance absent: 1 for essential, 0.4 for optional; level absent: 1."""

    id: SkillId
    relation: Literal["essential", "optional"] = "essential"
    importance: Share | None = None
    level: Level | None = None


class OccupationBody(Struct, frozen=True, kw_only=True):
    name: Name
    aliases: list[Name] = []
    description: Text | None = None
    isco: Annotated[str, Meta(pattern="^[0-9]{1,4}$")] | None = None
    soc: Annotated[str, Meta(pattern="^[0-9]{2}-[0-9]{4}(\\.[0-9]{2})?$")] | None = None
    job_zone: Annotated[int, Meta(ge=1, le=5)] | None = None
    median_wage: MedianWage | None = None
    skills: list[RequiredSkill] = []


class Occupation(OccupationBody, frozen=True, kw_only=True):
    id: OccupationId
    revision: Count
    updated_at: Timestamp


class Regulator(Struct, frozen=True, kw_only=True):
    name: Name
    url: Url | None = None


class RegulationBody(Struct, frozen=True, kw_only=True):
    status: Literal["regulated", "not_regulated"]
    type: Literal["licensing", "certification", "accreditation"] | None = None
    reserved_activities: list[Text] = []
    protected_titles: list[Name] = []
    required_credentials: list[CredentialId] = []
    regulator: Regulator | None = None
    legislation: list[Text] = []
    source: Text | None = None
    as_of: Timestamp | None = None


class Regulation(RegulationBody, frozen=True, kw_only=True):
    occupation: OccupationId
    jurisdiction: Region
    revision: Count
    updated_at: Timestamp


class DemandBody(Struct, frozen=True, kw_only=True):
    postings: Count
    as_of: Timestamp
    employers: Count | None = None


class Demand(DemandBody, frozen=True, kw_only=True):
    region: Region
    occupation: OccupationId
    revision: Count
    updated_at: Timestamp


CatalogSnapshot = Credential | Skill | Occupation | Regulation | Demand


def snapshot_key(snapshot: CatalogSnapshot) -> str:
    """The Kafka key of a snapshot: its id, or both of its ids joined by a bar."""
    match snapshot:
        case Regulation():
            return f"{snapshot.occupation}|{snapshot.jurisdiction}"
        case Demand():
            return f"{snapshot.region}|{snapshot.occupation}"
        case _:
            return snapshot.id
