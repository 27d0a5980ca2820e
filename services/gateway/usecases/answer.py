"""A recommendation as JSON, with its ETag: cards and values joined as the bytes they are kept as."""

from datetime import datetime
from hashlib import sha1
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta, Raw, Struct

from libs.common.contracts.catalog import Credential
from libs.common.contracts.redis_values import (
    ListTarget,
    Source,
    TargetStatus,
)
from libs.common.contracts.types import moment
from libs.common.rules import regulation
from services.gateway.catalog.cards import Cards
from services.gateway.catalog.view import CatalogView
from services.gateway.messages.language import Language
from services.gateway.messages.languages import DEFAULT, Languages
from services.gateway.packed import Item
from services.gateway.usecases.advising import ShownRelaxation, shown_advisories, shown_relaxation
from services.gateway.usecases.sentences import Advisory, Sentences
from services.gateway.usecases.served import Fallback, Freshness, Served

_encode = msgspec.json.Encoder().encode


def _joined(name: str) -> Meta:
    return Meta(
        extra_json_schema={"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}
    )


# What the bytes joined into an answer are, for the OpenAPI document.
SHAPE_OF_CARD = Meta(extra_json_schema={"$ref": "#/components/schemas/Card"})
_SHAPE_OF_VALUE = Meta(extra_json_schema={"$ref": "#/components/schemas/ShownValue"})
_SHAPE_OF_ITEMS = _joined("ShownItem")
_SHAPE_OF_REASONS = _joined("Reason")
_SHAPE_OF_ADVISORIES = _joined("Advisory")


class Named(Struct, frozen=True):
    id: str
    name: str


class Gap(Struct, frozen=True):
    """The missing skills that an item teaches, and the readiness from 0 to 1 that it adds."""

    closes: list[Named]
    gain: float


class ShownItem(Struct, frozen=True, kw_only=True):
    rank: int
    credential: Annotated[Raw, SHAPE_OF_CARD]
    score: float
    source: Source
    reasons: Annotated[list[Raw], _SHAPE_OF_REASONS]
    value: Annotated[Raw, _SHAPE_OF_VALUE]
    gap: Gap | None
    advisories: Annotated[list[Raw], _SHAPE_OF_ADVISORIES]


class ShownTarget(Struct, frozen=True):
    """`advisories`: what the law says of the goal, as far as it is known."""

    occupation: Named | None
    readiness: float | None
    status: TargetStatus
    advisories: list[Advisory]


class ShownFreshness(Struct, frozen=True, kw_only=True):
    position: int | None
    as_of: datetime | None
    computed_at: datetime
    profile_revision: int | None
    model_version: str | None


class Answer(Struct, frozen=True, kw_only=True):
    recommendation_id: str
    items: Annotated[Raw, _SHAPE_OF_ITEMS]
    target: ShownTarget | None
    relaxations: list[ShownRelaxation]
    freshness: ShownFreshness
    fallback: Fallback | None


class Written(NamedTuple):
    """The answer's bytes, the ETag of all that does not change by itself, and the language of it."""

    body: bytes
    etag: str
    fallback: Fallback | None
    language: str = DEFAULT


class Composer:
    """Writes answers."""

    def __init__(self, view: CatalogView, cards: Cards, languages: Languages) -> None:
        self._view = view
        self._writers = {
            tag: ItemWriter(view, cards, language) for tag, language in languages.items()
        }
        self._cards = cards

    def write(self, served: Served, language: str = DEFAULT) -> Written:
        """The answer of api.md in a language that has a catalog. A list that was not minted is named by
        what it says."""
        writer = self._writers[language]
        items = _encode(writer.items(served, self.today()))
        target = None if served.target is None else self._target(served, served.target, writer)
        relaxations = [shown_relaxation(each, writer.sentences) for each in served.relaxations]
        fresh = served.freshness
        said = (target, relaxations, fresh._replace(computed_at=0), served.fallback, language)
        hashed = sha1(items, usedforsecurity=False)
        hashed.update(_encode(said))
        tag = hashed.hexdigest()
        answer = Answer(
            recommendation_id=served.recommendation_id or f"rec_{tag}",
            items=Raw(items),
            target=target,
            relaxations=relaxations,
            freshness=_freshness(fresh),
            fallback=served.fallback,
        )
        return Written(_encode(answer), f'"{tag}"', served.fallback, language)

    def today(self) -> datetime:
        """The day that values are said as of."""
        return self._cards.today()

    def _target(self, served: Served, target: ListTarget, writer: "ItemWriter") -> ShownTarget:
        id = target.occupation_id
        occupation = None if id is None else Named(id, self._view.name("occupation", id))
        record = None if id is None else regulation.find(self._view.regulations, id, served.region)
        advisories = shown_advisories(id, target.status, record, writer.sentences)
        return ShownTarget(occupation, target.readiness, target.status, advisories)


class ItemWriter:
    """Items in one language."""

    def __init__(self, view: CatalogView, cards: Cards, language: Language) -> None:
        self._view = view
        self._cards = cards
        self._language = language
        self.sentences = Sentences(view, language)

    def items(self, served: Served, day: datetime) -> list[ShownItem]:
        """The items of a list."""
        self.sentences.refresh()
        return [self._item(served, day, rank, *pair) for rank, pair in enumerate(served.items, 1)]

    def _item(
        self, served: Served, day: datetime, rank: int, item: Item, credential: Credential
    ) -> ShownItem:
        return ShownItem(
            rank=rank,
            credential=self._cards.card(credential, served.region, served.income_band),
            score=item.score,
            source=item.source,
            reasons=self.sentences.reasons(item.reasons),
            value=self._cards.value(credential, served.region, day, self._language),
            gap=None if item.gain is None else Gap(self._skills(item.closes), item.gain),
            advisories=self.sentences.advisories(item.advisories),
        )

    def _skills(self, ids: list[str]) -> list[Named]:
        return [Named(id, self._view.name("skill", id)) for id in ids]


def _freshness(freshness: Freshness) -> ShownFreshness:
    return ShownFreshness(
        position=freshness.position,
        as_of=None if freshness.as_of is None else moment(freshness.as_of),
        computed_at=moment(freshness.computed_at),
        profile_revision=freshness.profile_revision,
        model_version=freshness.model_version,
    )
