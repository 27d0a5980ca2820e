"""Bodies of the calls that services make of each other, where both sides must agree.

Recommender answers are a packed `StoredList` (`application/msgpack`); all else is JSON.
"""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from libs.common.contracts.profile import HeldCredential, HeldSkill, Kind, LearnerProfile
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
    Money,
    Name,
    OccupationId,
    PartnerId,
    Region,
    Share,
    SkillId,
    Text,
    Timestamp,
)


class Constraints(Struct, frozen=True, kw_only=True):
    """What a recommendation must fit; an absent part constrains nothing.

    max_hours bounds one credential's workload; hours_per_week × deadline_weeks bounds it as well.
    """

    max_cost: Money | None = None
    max_hours: Hours | None = None
    hours_per_week: Hours | None = None
    deadline_weeks: Count | None = None
    delivery: list[Delivery] = []
    languages: list[Language] = []
    region: Region | None = None
    income_band: IncomeBand | None = None


class WantedSkill(Struct, frozen=True, kw_only=True):
    id: SkillId
    importance: Share | None = None
    level: Level | None = None


class Job(Struct, frozen=True, kw_only=True):
    title: Name
    description: Annotated[str, Meta(max_length=50_000)] | None = None
    region: Region | None = None


class Target(Struct, frozen=True, kw_only=True):
    """Exactly one of an occupation, a list of skills, or a job posting."""

    occupation: OccupationId | None = None
    skills: list[WantedSkill] | None = None
    job: Job | None = None

    def __post_init__(self) -> None:
        given = [part for part in (self.occupation, self.skills, self.job) if part is not None]
        if len(given) != 1:
            raise ValueError("a target is exactly one of occupation, skills and job")


Limit = Annotated[int, Meta(ge=1, le=50)]


class WhatIf(Struct, frozen=True, kw_only=True):
    """An anonymous learner: `POST /whatif` of the recommender's api."""

    skills: Annotated[list[HeldSkill], Meta(max_length=1_000)] = []
    completed: Annotated[list[CredentialId], Meta(max_length=1_000)] = []
    viewed: Annotated[list[CredentialId], Meta(max_length=1_000)] = []
    target: Target | None = None
    constraints: Constraints = Constraints()
    limit: Limit = 10
    audience: PartnerId | None = None


class Narrowing(Struct, frozen=True, kw_only=True):
    """A known learner's list for another goal or other constraints.

    `POST /learners/{partition}/{learner_key}/rank`; parts given replace the learner's own.
    """

    occupation: OccupationId | None = None
    constraints: Constraints = Constraints()
    limit: Limit = 50


class ConsentChange(Struct, frozen=True, kw_only=True):
    """What a learner says of their consent now; what is not said stays as it is."""

    personalization: bool | UnsetType = UNSET
    team_sharing: bool | UnsetType = UNSET


class LearnerBody(LearnerProfile, frozen=True, kw_only=True):
    """`PUT /partners/{partner_id}/learners/{learner_id}` of profile; answers the `Learner` snapshot."""

    consent: ConsentChange = ConsentChange()


class SelfReported(Struct, frozen=True, kw_only=True):
    """`POST /partners/{partner_id}/learners/{learner_id}/credentials` of profile."""

    credential_id: CredentialId
    awarded_at: Timestamp | None = None


class VerificationStep(Struct, frozen=True, kw_only=True):
    """One check of a badge; `passed` is None when it could not be made."""

    step: Name
    passed: bool | None = None
    detail: Text | None = None


VerificationStatus = Literal["verified", "expired", "revoked", "invalid", "unknown"]
MatchedBy = Literal["id", "ctid", "url", "issuer_and_name", "skills"]


class Verification(Struct, frozen=True, kw_only=True):
    """What is known of a held credential's authenticity."""

    status: VerificationStatus = "unknown"
    steps: list[VerificationStep] = []


class VerificationEntry(Verification, frozen=True, kw_only=True):
    """A line of the verification log: what every check from `since` to `checked_at` found."""

    since: Timestamp
    checked_at: Timestamp


class HeldAnswer(HeldCredential, frozen=True, kw_only=True):
    """A held credential with its verification log, the newest entry first; what profile answers to a report of one.

    `matched_by`: by what of a badge the catalog's credential was found.
    """

    verification: Verification = Verification()
    matched_by: MatchedBy | None = None
    verification_log: list[VerificationEntry] = []


class BadgeAnswer(Struct, frozen=True, kw_only=True):
    """`POST /partners/{partner_id}/learners/{learner_id}/badges` of profile; `held` None: it was not verified, and
    nothing has changed. `id` is that of these bytes."""

    id: CredentialId
    verification: Verification
    held: HeldAnswer | None = None


class HeldAnswers(Struct, frozen=True, kw_only=True):
    """`GET /partners/{partner_id}/learners/{learner_id}/credentials` of profile."""

    items: list[HeldAnswer]


class NewInteraction(Struct, frozen=True, kw_only=True):
    """An interaction as the gateway hands it to profile: its credential is known, its time is past."""

    learner_id: LearnerId
    credential_id: CredentialId
    kind: Kind
    occurred_at: Timestamp
    recommendation_id: Name | None = None
    rank: Count | None = None


class NewInteractions(Struct, frozen=True, kw_only=True):
    """`POST /partners/{partner_id}/interactions` of profile."""

    events: Annotated[list[NewInteraction], Meta(min_length=1, max_length=1_000)]


class Stored(Struct, frozen=True, kw_only=True):
    """What became of one new interaction: a position, or the code of its refusal."""

    position: int | None = None
    code: str | None = None
    detail: str | None = None


class StoredInteractions(Struct, frozen=True, kw_only=True):
    """The answer, one result for each event in order, sent after Kafka has acknowledged."""

    results: list[Stored]


class LearnerRef(Struct, frozen=True, kw_only=True):
    """`GET /partners/{partner_id}/learners/{learner_id}/key` of profile."""

    learner_key: LearnerKey
    revision: Count
    personalization: bool


class Problem(Struct, frozen=True, kw_only=True):
    """RFC 9457, as every service answers errors."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[dict[str, Any]] = []
