"""A learner as their partner sees them, and everything that is known of them."""

from datetime import datetime
from typing import Literal

from msgspec import Raw, Struct
from msgspec.structs import asdict

from libs.common.contracts.calls import (
    HeldAnswer,
    LearnerBody,
    MatchedBy,
    SelfReported,
    Verification,
    VerificationEntry,
)
from libs.common.contracts.profile import Consent, Kind, Learner, LearnerProfile
from libs.common.contracts.redis_values import LearnerState
from libs.common.contracts.types import LearnerId, moment
from libs.common.errors import Fault, InvalidRequest, NotFound, Unavailable
from libs.common.rules import levels
from services.gateway.catalog.cards import Cards, CardSkill, skills_of
from services.gateway.catalog.view import CatalogView
from services.gateway.usecases.erasures import Erasures
from services.gateway.usecases.ports import AWAY, Badge, PartitionOf, Profile, Recommender

HeldStatus = Literal["verified", "self_reported", "expired", "revoked"]
# A badge that cannot be verified is a claim.
_CLAIMED: dict[str, HeldStatus] = {
    "expired": "expired",
    "revoked": "revoked",
    "invalid": "self_reported",
    "unknown": "self_reported",
}


class ShownLearner(LearnerProfile, frozen=True, kw_only=True):
    """The profile; the key by which we know them is ours."""

    learner_id: LearnerId
    consent: Consent
    revision: int


class ShownCredential(Struct, frozen=True, kw_only=True):
    """A held credential; `credential` is null while the catalog does not know it. `skills` are what the credential
    teaches, of a badge that matches none those that it is aligned with. `matched_by`: by what of a badge the credential or
    the skills were found. `verification_log`: the newest entry first."""

    credential_id: str
    credential: Raw | None
    skills: list[CardSkill]
    status: HeldStatus
    level: float | None
    awarded_at: datetime | None
    verified_at: datetime | None
    verification: Verification
    matched_by: MatchedBy | None
    verification_log: list[VerificationEntry]


class TakenIn(ShownCredential, frozen=True, kw_only=True):
    """What has become of a report or a badge. `held` false: the badge is not verified and nothing has changed; why, its
    `verification` says, and `credential_id` is the badge's own."""

    held: bool


class ShownCredentials(Struct, frozen=True, kw_only=True):
    """`fallback` says that completed ones are missing, since their keeper is away."""

    items: list[ShownCredential]
    fallback: Literal["recommender_unavailable"] | None = None


class ShownInteraction(Struct, frozen=True, kw_only=True):
    credential_id: str
    kind: Kind
    occurred_at: datetime


class Export(Struct, frozen=True, kw_only=True):
    profile: ShownLearner
    credentials: list[ShownCredential]
    interactions: list[ShownInteraction]


class Learners:
    """Every method raises NotFound (`learner_not_found`) for whom profile does not know."""

    def __init__(
        self,
        *,
        view: CatalogView,
        cards: Cards,
        profile: Profile,
        recommender: Recommender,
        erasures: Erasures,
        partition_of: PartitionOf,
    ) -> None:
        self._view = view
        self._cards = cards
        self._profile = profile
        self._recommender = recommender
        self._erasures = erasures
        self._partition_of = partition_of

    async def get(self, partner_id: str, learner_id: str) -> ShownLearner:
        """The profile."""
        return shown(await self._profile.learner(partner_id, learner_id))

    async def put(
        self, partner_id: str, learner_id: str, body: LearnerBody, if_match: str | None
    ) -> tuple[ShownLearner, bool]:
        """Creates or replaces; the profile, and whether the learner is new."""
        learner, created = await self._profile.put(partner_id, learner_id, body, if_match)
        return shown(learner), created

    async def erase(self, partner_id: str, learner_id: str, if_match: str | None) -> None:
        """Nothing of the learner is served here from now on."""
        learner = await self._profile.learner(partner_id, learner_id)
        await self._profile.erase(partner_id, learner_id, if_match)
        self._erasures.add(learner.learner_key)

    async def report(self, partner_id: str, learner_id: str, reported: SelfReported) -> TakenIn:
        """Adds a credential that the learner says they hold. Raises InvalidRequest for an unknown one."""
        if not self._view.loaded:
            raise Unavailable("the catalog is not known yet")
        if reported.credential_id not in self._view.credentials:
            fault = Fault("/credential_id", "the catalog has no such credential")
            raise InvalidRequest(fault.detail, faults=[fault])
        return self._taken_in(await self._profile.report(partner_id, learner_id, reported))

    async def take_in_badge(self, partner_id: str, learner_id: str, badge: Badge) -> TakenIn:
        """Has a badge verified, and held if it is."""
        found = await self._profile.take_in_badge(partner_id, learner_id, badge)
        if found.held is not None:
            return self._taken_in(found.held)
        return TakenIn(
            credential_id=found.id,
            credential=None,
            skills=[],
            status=_CLAIMED[found.verification.status],
            level=None,
            awarded_at=None,
            verified_at=None,
            verification=found.verification,
            matched_by=None,
            verification_log=[],
            held=False,
        )

    async def credentials(self, partner_id: str, learner_id: str) -> ShownCredentials:
        """What is held, and what has been completed."""
        learner = await self._profile.learner(partner_id, learner_id)
        held = await self._profile.held(partner_id, learner_id)
        try:
            state = await self._state(learner)
        except AWAY:
            items = [self._credential(each) for each in held]
            return ShownCredentials(items=items, fallback="recommender_unavailable")
        return ShownCredentials(items=[self._credential(each) for each in _all(held, state)])

    async def export(self, partner_id: str, learner_id: str) -> Export:
        """Everything that is known of the learner. Raises Unavailable or TryAgain without the recommender."""
        learner = await self._profile.learner(partner_id, learner_id)
        held = await self._profile.held(partner_id, learner_id)
        state = await self._state(learner)
        interactions = [] if state is None else _interactions(state)
        return Export(
            profile=shown(learner),
            credentials=[self._credential(each) for each in _all(held, state)],
            interactions=sorted(interactions, key=lambda each: each.occurred_at),
        )

    async def _state(self, learner: Learner) -> LearnerState | None:
        partition = self._partition_of(learner.learner_key)
        try:
            return await self._recommender.state(partition, learner.learner_key)
        except NotFound:
            return None

    def _taken_in(self, held: HeldAnswer) -> TakenIn:
        return TakenIn(**asdict(self._credential(held)), held=True)

    def _credential(self, held: HeldAnswer) -> ShownCredential:
        known = self._view.credentials.get(held.credential_id)
        return ShownCredential(
            credential_id=held.credential_id,
            credential=None if known is None else self._cards.card(known, None, None),
            skills=self._aligned(held) if known is None else skills_of(known, self._view),
            status=held.status,
            level=held.level,
            awarded_at=held.awarded_at,
            verified_at=held.verified_at,
            verification=held.verification,
            matched_by=held.matched_by,
            verification_log=held.verification_log,
        )

    def _aligned(self, held: HeldAnswer) -> list[CardSkill]:
        """Those of a badge's skills that the catalog knows."""
        return [
            CardSkill(id=id, name=self._view.name("skill", id), level=levels.UNSTATED)
            for id in held.skills
            if id in self._view.skills
        ]


def shown(learner: Learner) -> ShownLearner:
    """What the partner may see of a snapshot."""
    if learner.learner_id is None:
        raise NotFound("there is no such learner", code="learner_not_found")
    profile = {name: getattr(learner, name) for name in LearnerProfile.__struct_fields__}
    return ShownLearner(
        learner_id=learner.learner_id,
        consent=learner.consent,
        revision=learner.revision,
        **profile,
    )


def _all(held: list[HeldAnswer], state: LearnerState | None) -> list[HeldAnswer]:
    """What is held, then what was completed without being reported."""
    known = {each.credential_id for each in held}
    interactions = {} if state is None else state.interactions
    completed = [
        HeldAnswer(credential_id=id, status="self_reported", awarded_at=moment(kinds["complete"]))
        for id, kinds in interactions.items()
        if "complete" in kinds and id not in known
    ]
    return [*held, *completed]


def _interactions(state: LearnerState) -> list[ShownInteraction]:
    return [
        ShownInteraction(credential_id=id, kind=kind, occurred_at=moment(at))
        for id, kinds in state.interactions.items()
        for kind, at in kinds.items()
    ]
