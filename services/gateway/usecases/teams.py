"""A team against an occupation, as the API shows it: aggregates over those who share, and their own rows."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

from msgspec import Raw, Struct

from libs.common.contracts.calls import Narrowing
from libs.common.contracts.catalog import RECOMMENDABLE
from libs.common.contracts.profile import Learner
from libs.common.contracts.redis_values import TargetStatus
from libs.common.contracts.teams import (
    LEAST_MEMBERS,
    TeamCredential,
    TeamGap,
    TeamMember,
    TeamQuestion,
    TeamRow,
    TeamSkill,
)
from libs.common.contracts.types import Money
from libs.common.errors import Fault, InvalidRequest, NotFound
from services.gateway.catalog.cards import Cards
from services.gateway.catalog.view import CatalogView
from services.gateway.usecases import questions
from services.gateway.usecases.answer import SHAPE_OF_CARD, Named
from services.gateway.usecases.ports import PartitionOf, Profile, Recommender
from services.gateway.usecases.served import Ask

READ_AT_ONCE = 16


class ShownTeamSkill(Struct, frozen=True, kw_only=True):
    """Numbers are 0 to 1; `covered_share` is the share of the members who hold the skill as it is required."""

    skill: Named
    importance: float
    required_level: float
    mean_level: float
    covered_share: float


class ShownTeamCredential(Struct, frozen=True, kw_only=True):
    """`gain` is the mean readiness that it adds, `net_cost` that of all `learners` who take it."""

    credential: Annotated[Raw, SHAPE_OF_CARD]
    gain: float
    learners: int
    net_cost: Money


class Level(Struct, frozen=True, kw_only=True):
    skill: str
    held_level: float


class ShownMember(Struct, frozen=True, kw_only=True):
    """A member who shares: what they hold of the heat map's skills, and which of the credentials they take."""

    learner_id: str
    readiness: float | None
    status: TargetStatus
    levels: list[Level]
    credentials: list[str]


class ShownTeam(Struct, frozen=True, kw_only=True):
    """`coverage` is the mean readiness that the credentials reach; below what was asked for where none do."""

    occupation: Named
    heat_map: list[ShownTeamSkill]
    credentials: list[ShownTeamCredential]
    coverage: float | None
    total_cost: Money
    members: list[ShownMember]


class Asked(Struct, frozen=True, kw_only=True):
    """Which learners of a partner, toward what."""

    learner_ids: list[str]
    occupation: str
    coverage: float
    currency: str


class Teams:
    """Raises Unavailable or TryAgain while the recommender or profile is away."""

    def __init__(
        self,
        *,
        view: CatalogView,
        cards: Cards,
        profile: Profile,
        recommender: Recommender,
        partition_of: PartitionOf,
    ) -> None:
        self._view = view
        self._cards = cards
        self._profile = profile
        self._recommender = recommender
        self._partition_of = partition_of

    async def gap(self, partner_id: str, asked: Asked) -> ShownTeam:
        """Raises NotFound (`learner_not_found`) with each id that profile does not know, and InvalidRequest for an id
        that is there twice and when fewer than five share."""
        _refuse_repeated(asked.learner_ids)
        learners = await self._learners(partner_id, asked.learner_ids)
        sharing = {id: each for id, each in learners.items() if _shares(each)}
        if len(sharing) < LEAST_MEMBERS:
            raise InvalidRequest(
                f"A team's gap is told of at least {LEAST_MEMBERS} members who share "
                "(consent.team_sharing, and consent.personalization)."
            )
        members = [self._member(partner_id, each, asked) for each in sharing.values()]
        found = await self._recommender.team_gap(
            TeamQuestion(
                members=members,
                occupation=asked.occupation,
                coverage=asked.coverage,
                currency=asked.currency,
            )
        )
        return self._shown(asked.occupation, [*sharing], found)

    async def _learners(self, partner_id: str, ids: Sequence[str]) -> dict[str, Learner]:
        allowed = asyncio.Semaphore(READ_AT_ONCE)

        async def read(id: str) -> Learner | None:
            async with allowed:
                try:
                    return await self._profile.learner(partner_id, id)
                except NotFound:
                    return None

        found = await asyncio.gather(*(read(id) for id in ids))
        unknown = [at for at, each in enumerate(found) if each is None]
        if unknown:
            raise NotFound(
                "There is no such learner.",
                code="learner_not_found",
                faults=[Fault(f"/learner_ids/{at}", "is not known") for at in unknown],
            )
        return {id: each for id, each in zip(ids, found, strict=True) if each is not None}

    def _member(self, partner_id: str, learner: Learner, asked: Asked) -> TeamMember:
        narrowing = Narrowing(occupation=asked.occupation)
        ask = Ask(partner_id=partner_id, learner_id="", narrowing=narrowing)
        return TeamMember(
            partition=self._partition_of(learner.learner_key),
            learner_key=learner.learner_key,
            otherwise=questions.personal(ask, learner),
        )

    def _shown(self, occupation: str, ids: Sequence[str], found: TeamGap) -> ShownTeam:
        return ShownTeam(
            occupation=Named(occupation, self._view.name("occupation", occupation)),
            heat_map=[self._skill(each) for each in found.heat_map],
            credentials=[
                shown for each in found.credentials if (shown := self._credential(each)) is not None
            ],
            coverage=found.coverage,
            total_cost=found.total_cost,
            members=[
                _row(id, each, found.heat_map) for id, each in zip(ids, found.members, strict=True)
            ],
        )

    def _skill(self, skill: TeamSkill) -> ShownTeamSkill:
        return ShownTeamSkill(
            skill=Named(skill.skill_id, self._view.name("skill", skill.skill_id)),
            importance=skill.importance,
            required_level=skill.required_level,
            mean_level=skill.mean_level,
            covered_share=skill.covered_share,
        )

    def _credential(self, found: TeamCredential) -> ShownTeamCredential | None:
        """None for what this gateway does not know yet, and for what has been retired since."""
        credential = self._view.credentials.get(found.credential_id)
        if credential is None or credential.status not in RECOMMENDABLE:
            return None
        return ShownTeamCredential(
            credential=self._cards.card(credential, None, None),
            gain=found.gain,
            learners=found.learners,
            net_cost=found.net_cost,
        )


def _refuse_repeated(ids: Sequence[str]) -> None:
    first = {id: at for at, id in reversed(list(enumerate(ids)))}
    repeated = [at for at, id in enumerate(ids) if first[id] != at]
    if repeated:
        raise InvalidRequest(
            "A learner is there twice.",
            faults=[Fault(f"/learner_ids/{at}", "is there already") for at in repeated],
        )


def _shares(learner: Learner) -> bool:
    """Without consent to personalization nothing of what they have done may be used, for a team either."""
    return learner.consent.team_sharing and learner.consent.personalization


def _row(learner_id: str, row: TeamRow, heat_map: Sequence[TeamSkill]) -> ShownMember:
    return ShownMember(
        learner_id=learner_id,
        readiness=row.readiness,
        status=row.status,
        levels=[
            Level(skill=skill.skill_id, held_level=level)
            for skill, level in zip(heat_map, row.levels, strict=True)
        ],
        credentials=row.takes,
    )
