"""Words as search compares them: case and accents folded, symbols that carry meaning spelled out."""

import re
import unicodedata
from collections.abc import Iterable

MAX_TERMS = 12
SORT_KEY_CHARACTERS = 100
MAX_CHARACTERS = 20_000

_SPELLED = {"c++": "cplusplus", "c#": "csharp", "f#": "fsharp", ".net": "dotnet"}
_SYMBOLS = re.compile(r"(?<!\w)(c\+\+|c#|f#|\.net)(?!\w)")
_NO_DECOMPOSITION = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ı": "i"}
)
_ACCENTS = re.compile("[\u0300-\u036f]")
_NOT_WORD = re.compile(r"[^\w]+|_+")


def fold(text: str) -> str:
    """Lower case words without accents, separated by single blanks.

    Only Latin, Greek and Cyrillic marks are dropped: in other scripts they tell words apart.
    """
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", text.casefold()))
    plain = unicodedata.normalize("NFC", plain).translate(_NO_DECOMPOSITION)
    plain = _SYMBOLS.sub(lambda found: f" {_SPELLED[found[1]]} ", plain)
    return _NOT_WORD.sub(" ", plain).strip()


def fold_all(texts: Iterable[str]) -> str:
    """Several texts as one, as far as an index needs them."""
    return " ".join(fold(text) for text in texts)[:MAX_CHARACTERS]


def terms(query: str) -> list[str]:
    """The words of a search, at most 12."""
    return fold(query).split()[:MAX_TERMS]


def sort_key(name: str) -> str:
    """What names are put in order by."""
    return fold(name)[:SORT_KEY_CHARACTERS]
