"""Packed reasons as JSON with their sentences, each made once until the catalog changes a name."""

from typing import Any

import msgspec
from msgspec import Raw, Struct

from services.gateway.catalog.view import CatalogView
from services.gateway.messages.language import Language
from services.gateway.packed import unpacked

MOST_KEPT = 20_000
_encode = msgspec.json.Encoder().encode


class Reason(Struct, frozen=True):
    """Why an item is listed: a code that a client can translate, and a sentence."""

    code: str
    params: dict[str, Any]
    text: str


class Advisory(Struct, frozen=True):
    """What to know before taking it."""

    code: str
    text: str


class Sentences:
    """In one language. The same reasons are given to many learners."""

    def __init__(self, view: CatalogView, language: Language) -> None:
        self._view = view
        self._language = language
        self._generation = view.generation
        self._reasons: dict[bytes, Raw] = {}
        self._advisories: dict[bytes, Raw] = {}

    def refresh(self) -> None:
        """Forgets what may have been renamed; before each answer."""
        kept = len(self._reasons) + len(self._advisories)
        if self._generation != self._view.generation or kept > MOST_KEPT:
            self._generation = self._view.generation
            self._reasons.clear()
            self._advisories.clear()

    def reasons(self, packed: list[Raw]) -> list[Raw]:
        """Reasons as JSON."""
        kept = self._reasons
        return [kept.get(bytes(raw)) or self._reason(raw) for raw in packed]

    def advisories(self, packed: list[Raw]) -> list[Raw]:
        """Advisories as JSON."""
        kept = self._advisories
        return [kept.get(bytes(raw)) or self._advisory(raw) for raw in packed]

    def text(self, code: str, params: dict[str, Any]) -> str:
        """The sentence of a code."""
        return self._language.sentence(code, params, self._view.name)

    def _reason(self, raw: Raw) -> Raw:
        said = unpacked(raw)
        made = Raw(_encode(Reason(said.code, said.params, self.text(said.code, said.params))))
        self._reasons[bytes(raw)] = made
        return made

    def _advisory(self, raw: Raw) -> Raw:
        said = unpacked(raw)
        made = Raw(_encode(Advisory(said.code, self.text(said.code, said.params))))
        self._advisories[bytes(raw)] = made
        return made
