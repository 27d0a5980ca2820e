"""A JSON document from a stranger: limits before anything looks at it, and the shape of an Open Badge 3.0."""

import json
from typing import Any

from services.profile.badges.steps import Refused

MOST_BYTES = 200_000
DEEPEST = 32
_CREDENTIAL_TYPES = {"OpenBadgeCredential", "AchievementCredential"}
_VC = ("https://www.w3.org/2018/credentials/v1", "https://www.w3.org/ns/credentials/v2")


def parse(raw: bytes) -> dict[str, Any]:
    """The object in `raw`. Raises Refused: too large, too deep, a name twice, half a character, or no JSON object."""
    if len(raw) > MOST_BYTES:
        raise Refused(f"larger than {MOST_BYTES} bytes")
    try:
        document = json.loads(raw, object_pairs_hook=_unique)
    except RecursionError as deep:
        raise Refused(f"deeper than {DEEPEST}") from deep
    except ValueError as malformed:
        raise Refused("not JSON") from malformed
    if not isinstance(document, dict):
        raise Refused("not a JSON object")
    _refuse_deep(document)
    _refuse_half_characters(document)
    return document


def require_badge(document: dict[str, Any]) -> None:
    """Raises Refused unless it has what every Open Badge 3.0 has."""
    contexts = as_list(document.get("@context"))
    if not contexts or contexts[0] not in _VC:
        raise Refused("the first context is not that of Verifiable Credentials 1.1 or 2.0")
    types = {each for each in as_list(document.get("type")) if isinstance(each, str)}
    if "VerifiableCredential" not in types or not types & _CREDENTIAL_TYPES:
        raise Refused("not an OpenBadgeCredential")
    issuer_of(document)
    subject = document.get("credentialSubject")
    achievement = subject.get("achievement") if isinstance(subject, dict) else None
    if not isinstance(achievement, dict) or not isinstance(achievement.get("id"), str):
        raise Refused("no achievement with an id")


def issuer_of(document: dict[str, Any]) -> str:
    """The issuer's id. Raises Refused where there is none."""
    issuer = document.get("issuer")
    named = issuer.get("id") if isinstance(issuer, dict) else issuer
    if not isinstance(named, str) or not named:
        raise Refused("no issuer")
    return named


def as_list(value: Any) -> list[Any]:
    """JSON-LD writes one value with or without brackets."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Refused("a name twice in one object")
    return found


def _refuse_deep(document: dict[str, Any]) -> None:
    level: list[Any] = [document]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return
    raise Refused(f"deeper than {DEEPEST}")


def _refuse_half_characters(document: dict[str, Any]) -> None:
    """JSON can escape half of a surrogate pair, which has no bytes to hash, store or answer."""
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError as half:
        raise Refused("text that is not Unicode") from half


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
