"""A credential as it is handed in: with its proof inside, or in a token."""

from typing import Any, Protocol

from services.profile.badges.at_hand import AtHand
from services.profile.badges.documents import parse
from services.profile.badges.jwts import COMPACT, Token
from services.profile.badges.proofs import Embedded


class Presented(Protocol):
    """`method` names the key and raises Refused where it does not; `check` raises Refused, or Undecided where the key is
    not to be had."""

    @property
    def document(self) -> dict[str, Any]: ...
    @property
    def method(self) -> str: ...
    def check(self, at_hand: AtHand) -> None: ...


def present(raw: bytes) -> Presented:
    """Raises Refused for what is neither a JSON object nor a token."""
    written = raw.strip()
    return Token(written) if COMPACT.fullmatch(written) else Embedded(parse(raw))


def controller_of(presented: Presented) -> str:
    """The DID or URL whose key it names. Raises Refused."""
    return presented.method.partition("#")[0]
