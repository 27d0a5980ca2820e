"""The other services, as calls. Each raises the Refusal that was answered, or Unavailable."""

import asyncio
from typing import TypeVar

import msgspec
from msgspec import Struct

from libs.common.client import ServiceClient
from libs.common.contracts.calls import (
    BadgeAnswer,
    HeldAnswer,
    HeldAnswers,
    LearnerBody,
    LearnerRef,
    Narrowing,
    NewInteraction,
    NewInteractions,
    SelfReported,
    Stored,
    StoredInteractions,
    WhatIf,
)
from libs.common.contracts.career import AnonymousPath, Gap, Pathway, Toward
from libs.common.contracts.profile import Learner
from libs.common.contracts.redis_values import LearnerState
from libs.common.contracts.teams import TeamGap, TeamQuestion
from libs.common.errors import NotFound, Unavailable
from services.gateway.breaker import Breaker
from services.gateway.packed import PackedList
from services.gateway.usecases.ports import Badge
from services.gateway.usecases.publishing import Done
from services.gateway.usecases.searching import FoundPage

T = TypeVar("T", bound=Struct)

path = ServiceClient.path
RANK_SECONDS = 1.0
PATH_SECONDS = 3.0
TEAM_SECONDS = 10.0
PROFILE_READ_SECONDS = 1.0
SEARCH_SECONDS = 2.0
# Longer than profile waits for its database and for Kafka together.
ACCEPT_SECONDS = 15.0
BADGE_SECONDS = 60.0
# A thousand badges at once must leave connections for everyone else's learners; the others wait here.
BADGES_AT_ONCE = 50


class Profile:
    """Learners of a partner. Reading one raises TryAgain at once while that has just failed again and again."""

    def __init__(self, client: ServiceClient, breaker: Breaker) -> None:
        self._client = client
        self._breaker = breaker
        self._badges = asyncio.Semaphore(BADGES_AT_ONCE)

    async def learner(self, partner_id: str, learner_id: str) -> Learner:
        """Raises NotFound (`learner_not_found`)."""
        with self._breaker.guarding():
            return await self._client.call(
                "GET",
                _learner(partner_id, learner_id),
                returns=Learner,
                timeout=PROFILE_READ_SECONDS,
            )

    async def put(
        self, partner_id: str, learner_id: str, body: LearnerBody, if_match: str | None
    ) -> tuple[Learner, bool]:
        """Creates or replaces; the snapshot, and whether the learner is new."""
        headers = {} if if_match is None else {"if-match": if_match}
        answer = await self._client.send(
            "PUT", _learner(partner_id, learner_id), json=body, headers=headers
        )
        return msgspec.json.decode(answer.content, type=Learner), answer.status_code == 201

    async def erase(self, partner_id: str, learner_id: str, if_match: str | None) -> None:
        headers = {} if if_match is None else {"if-match": if_match}
        await self._client.send("DELETE", _learner(partner_id, learner_id), headers=headers)

    async def erased(self, partner_id: str, learner_id: str) -> bool:
        """Whether the learner was erased within 30 days and has not been registered again."""
        try:
            await self._client.call(
                "GET", f"{_learner(partner_id, learner_id)}/key", returns=LearnerRef
            )
        except NotFound as missing:
            return missing.code == "learner_erased"
        return False

    async def report(self, partner_id: str, learner_id: str, reported: SelfReported) -> HeldAnswer:
        """Adds a credential that the learner says they hold."""
        return await self._client.call(
            "POST",
            f"{_learner(partner_id, learner_id)}/credentials",
            json=reported,
            returns=HeldAnswer,
        )

    async def take_in_badge(self, partner_id: str, learner_id: str, badge: Badge) -> BadgeAnswer:
        """What verifying a badge found, and as what it is held. Raises Unavailable when its turn does not come in time."""
        try:
            async with asyncio.timeout(BADGE_SECONDS), self._badges:
                return await self._client.call(
                    "POST",
                    f"{_learner(partner_id, learner_id)}/badges",
                    params={} if badge.recipient is None else {"recipient": badge.recipient},
                    content=badge.document,
                    headers={"content-type": badge.media_type},
                    returns=BadgeAnswer,
                    timeout=BADGE_SECONDS,
                )
        except TimeoutError as late:
            raise Unavailable("too many badges are being verified", retry_after=10) from late

    async def held(self, partner_id: str, learner_id: str) -> list[HeldAnswer]:
        """What the learner holds."""
        answer = await self._client.call(
            "GET", f"{_learner(partner_id, learner_id)}/credentials", returns=HeldAnswers
        )
        return answer.items

    async def accept(self, partner_id: str, events: list[NewInteraction]) -> list[Stored]:
        """What became of each event, once Kafka has acknowledged. An event that is there twice counts once."""
        answer = await self._client.call(
            "POST",
            f"{path('partners', partner_id)}/interactions",
            json=NewInteractions(events=events),
            returns=StoredInteractions,
            timeout=ACCEPT_SECONDS,
            repeatable=True,
        )
        return answer.results


class Recommender:
    """Rankings made now. Raises TryAgain at once while it has just failed again and again."""

    def __init__(self, client: ServiceClient, breaker: Breaker) -> None:
        self._client = client
        self._breaker = breaker

    async def what_if(self, question: WhatIf) -> PackedList:
        with self._breaker.guarding():
            return await self._client.call(
                "POST",
                "/whatif",
                json=question,
                returns=PackedList,
                timeout=RANK_SECONDS,
                repeatable=True,
            )

    async def rank(self, partition: int, learner_key: str, narrowing: Narrowing) -> PackedList:
        """Raises NotFound for a learner whose state is not known yet."""
        with self._breaker.guarding():
            return await self._client.call(
                "POST",
                f"{_state(partition, learner_key)}/rank",
                json=narrowing,
                returns=PackedList,
                timeout=RANK_SECONDS,
                repeatable=True,
            )

    async def repair(self, partition: int, learner_key: str) -> PackedList:
        with self._breaker.guarding():
            return await self._client.call(
                "POST",
                f"{_state(partition, learner_key)}/repair",
                returns=PackedList,
                timeout=RANK_SECONDS,
                repeatable=True,
            )

    async def anonymous_gap(self, question: WhatIf) -> Gap:
        return await self._ask("/gap", question, Gap)

    async def anonymous_pathway(self, question: AnonymousPath) -> Pathway:
        return await self._ask("/pathway", question, Pathway)

    async def gap(self, partition: int, learner_key: str, toward: Toward) -> Gap:
        """Raises NotFound for a learner whose state is not known yet."""
        return await self._ask(f"{_state(partition, learner_key)}/gap", toward, Gap)

    async def pathway(self, partition: int, learner_key: str, toward: Toward) -> Pathway:
        """Raises NotFound for a learner whose state is not known yet."""
        return await self._ask(f"{_state(partition, learner_key)}/pathway", toward, Pathway)

    async def team_gap(self, team: TeamQuestion) -> TeamGap:
        return await self._ask("/teams/gap", team, TeamGap, TEAM_SECONDS)

    async def _ask(
        self, path: str, question: Struct, returns: type[T], seconds: float = PATH_SECONDS
    ) -> T:
        with self._breaker.guarding():
            return await self._client.call(
                "POST", path, json=question, returns=returns, timeout=seconds, repeatable=True
            )

    async def state(self, partition: int, learner_key: str) -> LearnerState:
        """Raises NotFound for a learner whose state is not known yet."""
        with self._breaker.guarding():
            return await self._client.call(
                "GET", f"{_state(partition, learner_key)}/state", returns=LearnerState
            )


class Catalog:
    """Writes and searches of the catalog. A search raises TryAgain at once while searches keep failing."""

    def __init__(self, client: ServiceClient, breaker: Breaker) -> None:
        self._client = client
        self._breaker = breaker

    async def put(self, segments: tuple[str, ...], body: bytes) -> Done:
        """Publishes; the body is the snapshot."""
        answer = await self._client.send(
            "PUT", path(*segments), content=body, headers={"content-type": "application/json"}
        )
        return Done(answer.status_code, answer.content)

    async def retire(self, credential_id: str, superseded_by: str | None) -> Done:
        params = {} if superseded_by is None else {"superseded_by": superseded_by}
        answer = await self._client.send(
            "DELETE", path("credentials", credential_id), params=params
        )
        return Done(answer.status_code, answer.content)

    async def search(self, kind: str, params: dict[str, str]) -> FoundPage:
        """One page; `kind` is credentials, occupations or skills."""
        with self._breaker.guarding():
            return await self._client.call(
                "GET", path(kind), params=params, returns=FoundPage, timeout=SEARCH_SECONDS
            )

    async def dump(self) -> bytes:
        """Every snapshot, as NDJSON."""
        return await self._client.call("GET", "/dump", returns=bytes, timeout=60)


def _learner(partner_id: str, learner_id: str) -> str:
    return path("partners", partner_id, "learners", learner_id)


def _state(partition: int, learner_key: str) -> str:
    return path("learners", str(partition), learner_key)
