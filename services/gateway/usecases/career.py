"""The gap between a learner and a goal, and a path of credentials toward it, as the API shows them."""

from typing import Annotated

from msgspec import Raw, Struct
from msgspec.structs import replace

from libs.common.contracts.calls import Narrowing, WhatIf
from libs.common.contracts.career import AnonymousPath, Gap, GapSkill, PathStep, Pathway, Toward
from libs.common.contracts.catalog import RECOMMENDABLE, Credential, Regulation, Regulator
from libs.common.contracts.profile import Learner
from libs.common.contracts.redis_values import TargetStatus
from libs.common.contracts.types import LevelName, Money
from libs.common.errors import NotFound
from libs.common.rules.money import net_cost
from services.gateway.catalog.cards import Cards
from services.gateway.catalog.view import CatalogView
from services.gateway.messages.languages import Languages
from services.gateway.usecases import questions
from services.gateway.usecases.advising import ShownRelaxation, shown_advisories, shown_relaxation
from services.gateway.usecases.answer import SHAPE_OF_CARD, Named
from services.gateway.usecases.ports import PartitionOf, Profile, Recommender
from services.gateway.usecases.sentences import Advisory, Reason, Sentences
from services.gateway.usecases.served import Ask


class ShownGapSkill(Struct, frozen=True, kw_only=True):
    """Numbers are 0 to 1."""

    skill: Named
    importance: float
    required_level: float
    held_level: float


class ShownMatch(Struct, frozen=True, kw_only=True):
    """A skill that the job posting names, and how surely, 0 to 1."""

    text: str
    skill: Named
    confidence: float


class ShownGap(Struct, frozen=True, kw_only=True):
    occupation: Named | None
    readiness: float | None
    status: TargetStatus
    held: list[ShownGapSkill]
    missing: list[ShownGapSkill]
    regulation: Regulation | None
    advisories: list[Advisory]
    matched: list[ShownMatch]


class ShownStep(Struct, frozen=True, kw_only=True):
    """`gain` is the readiness that the step adds, `coverage` what is reached with it."""

    credential: Annotated[Raw, SHAPE_OF_CARD]
    gain: float
    coverage: float
    net_cost: Money | None
    hours: float | None
    starts_week: int | None
    ends_week: int | None
    reasons: list[Reason]


class TraditionalRoute(Struct, frozen=True, kw_only=True):
    """What the law asks for first."""

    required_credentials: list[Annotated[Raw, SHAPE_OF_CARD]]
    regulator: Regulator | None
    text: str


class ShownPathway(Struct, frozen=True, kw_only=True):
    occupation: Named | None
    status: TargetStatus
    advisories: list[Advisory]
    steps: list[ShownStep]
    coverage: float | None
    breadth: int
    depth: LevelName | None
    redundancy: float
    total_cost: Money | None
    hours: float | None
    weeks: int | None
    stopped_because: str
    stopped_because_text: str
    traditional_route: TraditionalRoute | None
    relaxations: list[ShownRelaxation]


class Career:
    """Everything raises Unavailable or TryAgain while the recommender is away, and InvalidRequest
    without a goal; of a learner NotFound (`learner_not_found`) for whom profile does not know."""

    def __init__(
        self,
        *,
        view: CatalogView,
        cards: Cards,
        profile: Profile,
        recommender: Recommender,
        partition_of: PartitionOf,
        languages: Languages,
    ) -> None:
        self._view = view
        self._cards = cards
        self._profile = profile
        self._recommender = recommender
        self._partition_of = partition_of
        self._languages = languages

    async def gap(
        self, partner_id: str, learner_id: str, toward: Toward, language: str
    ) -> ShownGap:
        """A learner's gap to an occupation, or to their own goal."""
        learner = await self._profile.learner(partner_id, learner_id)
        if learner.consent.personalization:
            key = learner.learner_key
            try:
                found = await self._recommender.gap(self._partition_of(key), key, toward)
                return self._gap(found, language)
            except NotFound:
                pass  # no worker has applied the learner yet: the profile alone says what it can
        return await self.gap_of(_question(partner_id, learner, toward), language)

    async def gap_of(self, question: WhatIf, language: str) -> ShownGap:
        """The gap of someone who is nobody."""
        return self._gap(await self._recommender.anonymous_gap(question), language)

    async def pathway(
        self, partner_id: str, learner_id: str, toward: Toward, language: str
    ) -> ShownPathway:
        """A path for a learner."""
        learner = await self._profile.learner(partner_id, learner_id)
        if learner.consent.personalization:
            key = learner.learner_key
            try:
                found = await self._recommender.pathway(self._partition_of(key), key, toward)
                return self._pathway(found, language)
            except NotFound:
                pass  # as above
        question = _question(partner_id, learner, toward)
        path = AnonymousPath(who=question, max_steps=toward.max_steps)
        return self._pathway(await self._recommender.anonymous_pathway(path), language)

    def _sentences(self, language: str) -> Sentences:
        return Sentences(self._view, self._languages[language])

    def _gap(self, found: Gap, language: str) -> ShownGap:
        said = self._sentences(language)
        return ShownGap(
            occupation=self._named("occupation", found.occupation_id),
            readiness=found.readiness,
            status=found.status,
            held=[self._skill(each) for each in found.held],
            missing=[self._skill(each) for each in found.missing],
            regulation=found.regulation,
            advisories=shown_advisories(found.occupation_id, found.status, found.regulation, said),
            matched=[
                ShownMatch(
                    text=each.text,
                    skill=Named(each.skill_id, self._view.name("skill", each.skill_id)),
                    confidence=each.confidence,
                )
                for each in found.matched
            ],
        )

    def _skill(self, skill: GapSkill) -> ShownGapSkill:
        return ShownGapSkill(
            skill=Named(skill.skill_id, self._view.name("skill", skill.skill_id)),
            importance=skill.importance,
            required_level=skill.required_level,
            held_level=skill.held_level,
        )

    def _pathway(self, found: Pathway, language: str) -> ShownPathway:
        said = self._sentences(language)
        steps = [self._step(step, found, said) for step in found.steps]
        return ShownPathway(
            occupation=self._named("occupation", found.occupation_id),
            status=found.status,
            advisories=shown_advisories(found.occupation_id, found.status, found.regulation, said),
            steps=[step for step in steps if step is not None],
            coverage=found.coverage,
            breadth=found.breadth,
            depth=found.depth,
            redundancy=found.redundancy,
            total_cost=found.total_cost,
            hours=found.hours,
            weeks=found.weeks,
            stopped_because=found.stopped_because,
            stopped_because_text=said.text(f"stopped_{found.stopped_because}", {}),
            traditional_route=self._route(found, said),
            relaxations=[shown_relaxation(each, said) for each in found.relaxations],
        )

    def _step(self, step: PathStep, found: Pathway, said: Sentences) -> ShownStep | None:
        """None for what has been retired since."""
        credential = self._view.credentials.get(step.credential_id)
        if credential is None or credential.status not in RECOMMENDABLE:
            return None
        return ShownStep(
            credential=self._card(credential, found),
            gain=step.gain,
            coverage=step.coverage,
            net_cost=net_cost(credential, found.region, found.income_band),
            hours=step.hours,
            starts_week=step.starts_week,
            ends_week=step.ends_week,
            reasons=[
                Reason(each.code, each.params, said.text(each.code, each.params))
                for each in step.reasons
            ],
        )

    def _route(self, found: Pathway, said: Sentences) -> TraditionalRoute | None:
        """Only where a licence stands in the way."""
        if found.status != "blocked_pending_licence" or found.regulation is None:
            return None
        record = found.regulation
        known = [
            credential
            for each in record.required_credentials
            if (credential := self._in_force(each)) is not None
        ]
        ids = [each.id for each in known]
        params = {"occupation": found.occupation_id, "licences": ids}
        return TraditionalRoute(
            required_credentials=[self._card(each, found) for each in known],
            regulator=record.regulator,
            text=said.text("traditional_route", params),
        )

    def _in_force(self, licence: str) -> Credential | None:
        """A licence, or what has taken its place; None where neither can be had."""
        found = self._view.credentials.get(licence)
        if found is not None and found.status not in RECOMMENDABLE:
            found = self._view.credentials.get(found.superseded_by or "")
        return found if found is not None and found.status in RECOMMENDABLE else None

    def _card(self, credential: Credential, found: Pathway) -> Raw:
        return self._cards.card(credential, found.region, found.income_band)

    def _named(self, kind: str, id: str | None) -> Named | None:
        return None if id is None else Named(id, self._view.name(kind, id))


def _question(partner_id: str, learner: Learner, toward: Toward) -> WhatIf:
    """What can be asked of a learner without their state: all that the profile says; without consent
    nothing of it but what they can do at all."""
    narrowing = Narrowing(occupation=toward.occupation, constraints=toward.constraints)
    ask = Ask(partner_id=partner_id, learner_id="", narrowing=narrowing)
    question = questions.personal(ask, learner)
    return replace(question, target=question.target or toward.target())
