"""Credentials as the API shows them, encoded once and joined as bytes into every answer.

A card differs between learners only in `net_cost`, and only where there is aid; a value only by
region, where an assertion names one. `now` moves a value by the day, so that an answer's ETag rests.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from msgspec import Raw, Struct

from libs.common.clock import Clock
from libs.common.contracts import topics
from libs.common.contracts.catalog import Credential
from libs.common.contracts.topics import Topic
from libs.common.contracts.types import Money
from libs.common.rules import levels, money, value
from services.gateway.catalog.view import CatalogView
from services.gateway.messages.language import Language

Audience = tuple[str | None, str | None]
_encode = msgspec.json.encode
MOST_VARIANTS = 64


class CardSkill(Struct, frozen=True, kw_only=True):
    id: str
    name: str
    level: float


class CardIssuer(Struct, frozen=True, kw_only=True):
    id: str
    name: str


class Card(Struct, frozen=True, kw_only=True):
    """A credential in a list."""

    id: str
    name: str
    type: str
    status: str
    issuer: CardIssuer
    url: str
    image: str | None
    level: str | None
    cost: Money | None
    net_cost: Money | None
    workload_hours: float | None
    delivery: list[str]
    languages: list[str]
    skills: list[CardSkill]


class ValueFact(Struct, frozen=True, kw_only=True):
    component: str
    strength: str
    text: str


class ShownValue(Struct, frozen=True, kw_only=True):
    """What a credential is worth, as an interval from 0 to 1, and why."""

    low: float
    high: float
    evidence: float
    facts: list[ValueFact]


class Shelf(NamedTuple):
    """One credential's encoded forms, by (region, income band) and by (region, day, language)."""

    aided: bool
    regional: bool
    cards: dict[Audience, Raw]
    values: dict[tuple[str | None, datetime, str], Raw]


class Cards:
    """Encoded cards and values of the credentials in a view, made when first asked for."""

    def __init__(self, view: CatalogView, clock: Clock) -> None:
        self._view = view
        self._clock = clock
        self._shelves: dict[str, Shelf] = {}
        self._taught_by: dict[str, set[str]] = {}
        view.listen(self._changed)

    def card(self, credential: Credential, region: str | None, income_band: str | None) -> Raw:
        """The card, with the net cost for a learner of this region and income band."""
        shelf = self._shelf(credential)
        key = (region, income_band) if shelf.aided else (None, None)
        return _kept(shelf.cards, key, lambda: self._encoded_card(credential, *key))

    def value(
        self, credential: Credential, region: str | None, day: datetime, language: Language
    ) -> Raw:
        """The value for a learner of this region, as of `today`, with its facts in a language."""
        shelf = self._shelf(credential)
        place = region if shelf.regional else None
        key = place, day, language.tag
        return _kept(
            shelf.values, key, lambda: self._encoded_value(credential, place, day, language)
        )

    def today(self) -> datetime:
        """The beginning of the day, UTC."""
        return self._clock().replace(hour=0, minute=0, second=0, microsecond=0)

    def _shelf(self, credential: Credential) -> Shelf:
        shelf = self._shelves.get(credential.id)
        if shelf is None:
            regional = any(a.jurisdiction is not None for a in credential.assertions)
            shelf = Shelf(bool(credential.aid), regional, {}, {})
            self._shelves[credential.id] = shelf
            for skill in credential.skills:
                self._taught_by.setdefault(skill.id, set()).add(credential.id)
        return shelf

    def _changed(self, topic: Topic, key: str, _: Struct) -> None:
        if topic is topics.CREDENTIAL:
            self._shelves.pop(key, None)
        elif topic is topics.SKILL:
            for credential_id in self._taught_by.pop(key, ()):
                self._shelves.pop(credential_id, None)

    def _encoded_card(
        self, credential: Credential, region: str | None, income_band: str | None
    ) -> Raw:
        card = Card(
            id=credential.id,
            name=credential.name,
            type=credential.type,
            status=credential.status,
            issuer=CardIssuer(id=credential.issuer.id, name=credential.issuer.name),
            url=credential.url,
            image=credential.image,
            level=credential.level,
            cost=money.price(credential),
            net_cost=money.net_cost(credential, region, income_band),
            workload_hours=credential.workload_hours,
            delivery=list(credential.delivery),
            languages=list(credential.languages),
            skills=skills_of(credential, self._view),
        )
        return Raw(_encode(card))

    def _encoded_value(
        self, credential: Credential, region: str | None, day: datetime, language: Language
    ) -> Raw:
        assessed = value.assess(credential, now=day, region=region)
        facts = [
            ValueFact(
                component=fact.component,
                strength=fact.strength,
                text=language.sentence(fact.code, fact.params, self._view.name),
            )
            for fact in assessed.facts
        ]
        shown = ShownValue(
            low=round(assessed.low, 4),
            high=round(assessed.high, 4),
            evidence=round(assessed.evidence, 4),
            facts=facts,
        )
        return Raw(_encode(shown))


def skills_of(credential: Credential, view: CatalogView) -> list[CardSkill]:
    """What a credential teaches, named."""
    return [
        CardSkill(
            id=skill.id, name=view.name("skill", skill.id), level=levels.taught(credential, skill)
        )
        for skill in credential.skills
    ]


def _kept(variants: dict[Any, Raw], key: Any, make: Callable[[], Raw]) -> Raw:
    found = variants.get(key)
    if found is None:
        if len(variants) >= MOST_VARIANTS:
            variants.clear()
        found = variants[key] = make()
    return found
