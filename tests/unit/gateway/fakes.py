"""What the gateway stands on, held in memory, so that each part can be made to say or fail what a test needs."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from libs.common.contracts import topics
from libs.common.contracts.calls import (
    BadgeAnswer,
    HeldAnswer,
    LearnerBody,
    Narrowing,
    NewInteraction,
    SelfReported,
    Stored,
    Verification,
    WhatIf,
)
from libs.common.contracts.catalog import Credential, CredentialBody
from libs.common.contracts.exposure import Exposure
from libs.common.contracts.profile import Learner, LearnerProfile
from libs.common.contracts.redis_values import (
    LearnerState,
    Lookup,
)
from libs.common.contracts.topics import Topic
from libs.common.errors import NotFound, TryAgain, Unavailable
from services.gateway.auth import keys
from services.gateway.auth.identity import Signer
from services.gateway.auth.keys import KeyKind
from services.gateway.auth.principal import Principal
from services.gateway.catalog.view import CatalogView
from services.gateway.packed import PackedList
from services.gateway.usecases.ports import Badge, Found
from services.gateway.usecases.publishing import Done
from services.gateway.usecases.searching import FoundItem, FoundPage

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


class FakeTables:
    """GlobalTables without Kafka."""

    def __init__(self, changed: Callable[[Topic, str, Struct], None]) -> None:
        self._tables: dict[str, dict[str, Any]] = {topic.name: {} for topic in topics.CATALOG}
        self._changed = changed
        self.caught_up = True
        self.epoch = 100

    def get(self, topic: Topic) -> dict[str, Any]:
        return self._tables[topic.name]

    def offset(self, topic: Topic) -> int:
        return self.epoch

    def apply(self, topic: Topic, key: str, value: Any) -> bool:
        known = self._tables[topic.name].get(key)
        if known is not None and known.revision >= value.revision:
            return False
        self._tables[topic.name][key] = value
        self._changed(topic, key, value)
        return True


class FakeKeys:
    """Keys of partners; `away` is PostgreSQL away."""

    def __init__(self) -> None:
        self.known: dict[str, tuple[bytes, Principal]] = {}
        self.signers: list[Signer] = []
        self.away = False
        self.asked = 0

    def add(self, kind: KeyKind, partner_id: str | None, *origins: str) -> str:
        key, record = keys.mint(kind)
        principal = Principal(kind, record.prefix, partner_id, frozenset(origins))
        self.known[record.prefix] = record.digest, principal
        return key

    async def find_signers(self, issuer: str) -> list[Signer]:
        if self.away:
            raise Unavailable("away")
        assert "\0" not in issuer, "PostgreSQL takes no NUL"
        issuer.encode()  # nor half a character
        return [each for each in self.signers if each.identity.issuer == issuer]

    async def find_key(self, prefix: str) -> tuple[bytes, Principal] | None:
        self.asked += 1
        if self.away:
            raise Unavailable("the database is away")
        return self.known.get(prefix)


class FakeLists:
    """Redis; `waited` are the positions that were waited for, `arriving` comes while one waits."""

    def __init__(self) -> None:
        self.lookups: dict[tuple[str, str], Lookup] = {}
        self.lists: dict[tuple[int, str], Found] = {}
        self.arriving: dict[tuple[int, str], Found] = {}
        self.waited: list[int | None] = []
        self.away = False

    async def find(self, partner_id: str, learner_id: str) -> tuple[Lookup | None, Found | None]:
        self._refuse_away()
        lookup = self.lookups.get((partner_id, learner_id))
        if lookup is None or lookup.learner_key is None:
            return lookup, None
        return lookup, self.lists.get((lookup.partition, lookup.learner_key))

    async def wait(
        self, partition: int, learner_key: str, position: int | None, seconds: float
    ) -> Found | None:
        self.waited.append(position)
        self._refuse_away()
        self.lists.update(self.arriving)
        return self.lists.get((partition, learner_key))

    @asynccontextmanager
    async def changing(self, partner_id: str, learner_id: str) -> AsyncIterator[asyncio.Event]:
        yield asyncio.Event()

    def _refuse_away(self) -> None:
        if self.away:
            raise TryAgain("Redis is away")


class FakeProfile:
    """Learners by partner and id; `away` is profile or its database away."""

    def __init__(self) -> None:
        self.learners: dict[tuple[str, str], Learner] = {}
        self.accepted: list[tuple[str, NewInteraction]] = []
        self.refusing: dict[str, Stored] = {}
        self.badges: list[Badge] = []
        self.badge = BadgeAnswer(id="badge:1", verification=Verification(status="invalid"))
        self.away = False
        self.calls = 0

    async def learner(self, partner_id: str, learner_id: str) -> Learner:
        self._refuse_away()
        found = self.learners.get((partner_id, learner_id))
        if found is None:
            raise NotFound("there is no such learner", code="learner_not_found")
        return found

    async def put(
        self, partner_id: str, learner_id: str, body: LearnerBody, if_match: str | None
    ) -> tuple[Learner, bool]:
        self._refuse_away()
        created = (partner_id, learner_id) not in self.learners
        profile = {name: getattr(body, name) for name in LearnerProfile.__struct_fields__}
        made = Learner(
            learner_key=f"key of {learner_id}",
            revision=1,
            consent_changed_at=NOW,
            partner_id=partner_id,
            learner_id=learner_id,
            **profile,
        )
        self.learners[partner_id, learner_id] = made
        return made, created

    async def erase(self, partner_id: str, learner_id: str, if_match: str | None) -> None:
        self._refuse_away()
        del self.learners[partner_id, learner_id]

    async def erased(self, partner_id: str, learner_id: str) -> bool:
        self._refuse_away()
        refused = self.refusing.get(learner_id)
        return refused is not None and refused.code == "learner_erased"

    async def report(self, partner_id: str, learner_id: str, reported: SelfReported) -> HeldAnswer:
        await self.learner(partner_id, learner_id)
        return HeldAnswer(credential_id=reported.credential_id, status="self_reported")

    async def take_in_badge(self, partner_id: str, learner_id: str, badge: Badge) -> BadgeAnswer:
        await self.learner(partner_id, learner_id)
        self.badges.append(badge)
        return self.badge

    async def held(self, partner_id: str, learner_id: str) -> list[HeldAnswer]:
        learner = await self.learner(partner_id, learner_id)
        return [
            HeldAnswer(credential_id=each.credential_id, status=each.status)
            for each in learner.held_credentials
        ]

    async def accept(self, partner_id: str, events: list[NewInteraction]) -> list[Stored]:
        self._refuse_away()
        self.calls += 1
        results = []
        for event in events:
            refused = self.refusing.get(event.learner_id)
            if refused is None:
                self.accepted.append((partner_id, event))
            results.append(refused or Stored(position=len(self.accepted) - 1))
        return results

    def _refuse_away(self) -> None:
        if self.away:
            raise Unavailable("profile cannot be reached")


class FakeRecommender:
    """Answers `answer` to everything and remembers what it was asked."""

    def __init__(self) -> None:
        self.answer: PackedList | None = None
        self.asked: list[Any] = []
        self.states: dict[str, LearnerState] = {}
        self.away = False

    async def what_if(self, question: WhatIf) -> PackedList:
        return self._answered(question)

    async def rank(self, partition: int, learner_key: str, narrowing: Narrowing) -> PackedList:
        return self._answered(narrowing)

    async def repair(self, partition: int, learner_key: str) -> PackedList:
        return self._answered("repair")

    async def state(self, partition: int, learner_key: str) -> LearnerState:
        self._refuse_away()
        if learner_key not in self.states:
            raise NotFound("no such state", code="learner_not_found")
        return self.states[learner_key]

    def _answered(self, asked: Any) -> PackedList:
        self._refuse_away()
        self.asked.append(asked)
        assert self.answer is not None, f"the recommender was asked {asked!r}"
        return self.answer

    def _refuse_away(self) -> None:
        if self.away:
            raise Unavailable("recommender cannot be reached")


class FakeCatalog:
    """The catalog service; what it stores reaches the view when `publishing`."""

    def __init__(self, view: CatalogView) -> None:
        self._view = view
        self.publishing = True
        self.away = False
        self.found: list[str] = []
        self.asked: dict[str, str] = {}
        self.searches = 0

    async def put(self, segments: tuple[str, ...], body: bytes) -> Done:
        self._refuse_away()
        given = msgspec.json.decode(body, type=CredentialBody)
        known = self._view.credentials.get(segments[-1])
        fields = {name: getattr(given, name) for name in CredentialBody.__struct_fields__}
        revision = 1 if known is None else known.revision + 1
        snapshot = Credential(id=segments[-1], revision=revision, updated_at=NOW, **fields)
        return self._stored(snapshot, 201 if known is None else 200)

    async def retire(self, credential_id: str, superseded_by: str | None) -> Done:
        self._refuse_away()
        known = self._view.credentials[credential_id]
        snapshot = replace(
            known,
            status="deprecated",
            superseded_by=superseded_by,
            revision=known.revision + 1,
        )
        return self._stored(snapshot, 200)

    async def search(self, kind: str, params: dict[str, str]) -> FoundPage:
        self._refuse_away()
        self.asked = params
        self.searches += 1
        return FoundPage([FoundItem(id) for id in self.found])

    def _stored(self, snapshot: Credential, status: int) -> Done:
        if self.publishing:
            self._view.apply(snapshot)
        return Done(status, msgspec.json.encode(snapshot))

    def _refuse_away(self) -> None:
        if self.away:
            raise Unavailable("catalog cannot be reached")


class FakeExposures:
    """The log of what widgets report."""

    def __init__(self) -> None:
        self.away = False
        self.records: list[Exposure] = []

    async def append(self, exposures: Sequence[Exposure]) -> None:
        if self.away:
            raise TryAgain("Kafka is away")
        self.records.extend(exposures)
