"""Snapshots and interactions that the profile service publishes."""

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct

from libs.common.contracts.types import (
    Count,
    CredentialId,
    Delivery,
    Hours,
    IncomeBand,
    Language,
    LearnerId,
    LearnerKey,
    Level,
    Name,
    OccupationId,
    PartnerId,
    Region,
    SkillId,
    Timestamp,
    refuse_bad_amount,
)

Kind = Literal["view", "save", "unsave", "enroll", "withdraw", "complete", "dismiss"]


class HeldSkill(Struct, frozen=True, kw_only=True):
    id: SkillId
    level: Level | None = None


class Consent(Struct, frozen=True, kw_only=True):
    personalization: bool = True
    team_sharing: bool = False


class Budget(Struct, frozen=True, kw_only=True):
    """Money a learner can spend; the currency is US dollars unless given."""

    amount: Decimal
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")] = "USD"

    def __post_init__(self) -> None:
        refuse_bad_amount(self.amount)


class LearnerProfile(Struct, frozen=True, kw_only=True):
    """What a learner says of themself; `groups` serves the fairness report only."""

    skills: list[HeldSkill] = []
    target_occupation: OccupationId | None = None
    region: Region | None = None
    languages: list[Language] = []
    budget: Budget | None = None
    hours_per_week: Hours | None = None
    deadline_weeks: Count | None = None
    delivery: list[Delivery] = []
    income_band: IncomeBand | None = None
    groups: dict[Name, Name] = {}


class HeldCredential(Struct, frozen=True, kw_only=True):
    """`skills`: of a badge that matches no credential of the catalog, the skills that its issuer aligned it with; at
    which level the badge does not say, and those that the catalog does not know teach nothing."""

    credential_id: CredentialId
    status: Literal["verified", "self_reported", "expired", "revoked"]
    level: Level | None = None
    awarded_at: Timestamp | None = None
    verified_at: Timestamp | None = None
    skills: list[SkillId] = []


class Learner(LearnerProfile, frozen=True, kw_only=True):
    """A snapshot; an erased one carries nothing but key, revision and `consent_changed_at`."""

    learner_key: LearnerKey
    revision: Count
    consent_changed_at: Timestamp
    erased: bool = False
    partner_id: PartnerId | None = None
    learner_id: LearnerId | None = None
    consent: Consent = Consent()
    held_credentials: list[HeldCredential] = []


class Interaction(Struct, frozen=True, kw_only=True):
    """One thing a learner did; `consent_changed_at` names the consent under which it was accepted."""

    learner_key: LearnerKey
    partner_id: PartnerId
    credential_id: CredentialId
    kind: Kind
    occurred_at: Timestamp
    accepted_at: Timestamp
    consent_changed_at: Timestamp
    recommendation_id: Name | None = None
    rank: Count | None = None
