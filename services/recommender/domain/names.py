"""Known names found in running text: whole names, and spellings so close that they are hardly another's."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from msgspec import Struct
from rapidfuzz import fuzz, process

WORD = re.compile(r"[^\W_]+[+#]*")
SHORTEST = 4
"""Shorter names (`Go`, `R`) are words of their own far more often than they are skills; those in capitals (`SQL`, `C#`)
are found where the text has them in capitals as well."""
ACRONYM = re.compile(r"[A-Z][A-Z0-9]+[+#]*|[A-Z][+#]+")
SHORTEST_MISSPELT = 7
CLOSE = 90.0
"""The least similarity (rapidfuzz `ratio`, 0 to 100) at which another spelling is the same name."""
BEGINNING = 4
MOST_WORDS = 8
MANY = 4
Shape = tuple[str, int]


class Found(Struct, frozen=True):
    """A name in a text: the words as they stand there, whose name it is, how surely (0 to 1), and where."""

    text: str
    id: str
    confidence: float
    first: int
    last: int

    def within(self, other: "Found") -> bool:
        """Whether the other is a longer name around this one: `management` in `project management`."""
        around = other.first <= self.first and self.last <= other.last
        return around and other.last - other.first > self.last - self.first


class Names:
    """Names and aliases by id. Precision before recall: a short name must be there letter by letter."""

    def __init__(self) -> None:
        self._of: dict[str, set[str]] = {}
        self._owners: dict[str, set[str]] = {}
        self._alike: dict[Shape, set[str]] = {}
        self._acronyms: dict[str, set[str]] = {}

    def put(self, id: str, names: Iterable[str]) -> None:
        """Gives an id these names instead of those before."""
        for name in self._of.pop(id, ()):
            self._owners[name].discard(id)
            if not self._owners[name]:
                del self._owners[name]
                self._alike[_shape(name)].discard(name)
        for owners in self._acronyms.values():
            owners.discard(id)
        names = list(names)
        for name in names:
            if len(name) < SHORTEST and ACRONYM.fullmatch(name):
                self._acronyms.setdefault(name, set()).add(id)
        kept = {folded for name in names if len(folded := " ".join(_words(name))) >= SHORTEST}
        self._of[id] = kept
        for name in kept:
            self._owners.setdefault(name, set()).add(id)
            self._alike.setdefault(_shape(name), set()).add(name)

    def find(self, text: str) -> list[Found]:
        """Each id once, the surest first; a name within a longer one that was found is left out."""
        found = [*self._all(_words(text)), *self._short(text)]
        whole = [each for each in found if not any(each.within(other) for other in found)]
        whole.sort(key=lambda each: (-each.confidence, each.first - each.last, each.id))
        once: dict[str, Found] = {}
        for each in whole:
            once.setdefault(each.id, each)
        return list(once.values())

    def _all(self, words: list[str]) -> Iterator[Found]:
        for first in range(len(words)):
            for last in range(first + 1, min(first + MOST_WORDS, len(words)) + 1):
                said = " ".join(words[first:last])
                name, confidence = self._known(said, last - first)
                for id in self._owners.get(name, ()):
                    yield Found(said, id, confidence, first, last)

    def _short(self, text: str) -> Iterator[Found]:
        words = WORD.findall(unicodedata.normalize("NFC", text))
        if len(words) >= MANY and not any(letter.islower() for letter in text):
            return  # all of it is in capitals: they say nothing
        for at, word in enumerate(words):
            for id in self._acronyms.get(word, ()):
                yield Found(word, id, 1.0, at, at + 1)

    def _known(self, said: str, words: int) -> tuple[str, float]:
        """The name that was meant, empty when none, and how surely."""
        if said in self._owners:
            return said, 1.0
        alike = self._alike.get((said[:BEGINNING], words))
        if alike is None or len(said) < SHORTEST_MISSPELT:
            return "", 0.0
        close = process.extractOne(said, alike, scorer=fuzz.ratio, score_cutoff=CLOSE)
        return ("", 0.0) if close is None else (close[0], round(close[1] / 100, 4))


def _shape(name: str) -> Shape:
    return name[:BEGINNING], name.count(" ") + 1


def _words(text: str) -> list[str]:
    return WORD.findall(unicodedata.normalize("NFC", text).casefold())
