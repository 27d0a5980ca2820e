"""Every language that has a catalog, and which of them someone reads best (RFC 9110, 12.5.4)."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from babel.core import negotiate_locale

from services.gateway.messages.language import Language

CATALOGS = Path(__file__).parent
DEFAULT = "en"


class Languages(Mapping[str, Language]):
    """By tag. Reads every `.ftl` of a folder; without an English one it raises FileNotFoundError."""

    def __init__(self, folder: Path = CATALOGS) -> None:
        english = Language(folder / f"{DEFAULT}.ftl")
        others = sorted(each for each in folder.glob("*.ftl") if each.stem != DEFAULT)
        self._languages = {DEFAULT: english} | {
            each.stem: Language(each, fallback=english) for each in others
        }
        self.negotiated = lru_cache(1_000)(self._negotiated)

    def __getitem__(self, tag: str) -> Language:
        return self._languages[tag]

    def __iter__(self) -> Iterator[str]:
        return iter(self._languages)

    def __len__(self) -> int:
        return len(self._languages)

    def _negotiated(self, accept_language: str | None, asked: str | None = None) -> str:
        """The tag for an `Accept-Language`: `es-MX` is content with `es`, what has no catalog gets English.
        A language that was `asked` for by name goes before what the header accepts."""
        wanted = [*([asked] if asked else []), *_preferred(accept_language or "")]
        found = negotiate_locale(wanted, list(self._languages), sep="-")
        return (
            DEFAULT
            if found is None
            else next(tag for tag in self._languages if tag.lower() == found.lower())
        )


def _preferred(accept_language: str) -> list[str]:
    """The tags of an `Accept-Language`, the most wanted first; what cannot be read is left out."""
    ranges = [_weighed(each) for each in accept_language.split(",")]
    return [tag for tag, q in sorted(ranges, key=lambda each: -each[1]) if tag and q > 0]


def _weighed(language_range: str) -> tuple[str, float]:
    tag, _, weight = language_range.partition(";")
    name, _, q = weight.partition("=")
    try:
        return tag.strip(), float(q) if name.strip().lower() == "q" else 1.0
    except ValueError:
        return tag.strip(), 0.0
