"""When a credential is valid: the terms of Verifiable Credentials 1.1 and 2.0, its proof's, a token's claims (RFC 7519)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from services.profile.badges.steps import Refused

_STARTS = ("validFrom", "issuanceDate", "nbf")
_ENDS = ("validUntil", "expirationDate", "exp")


class Expired(Exception):
    """It was valid once."""


def require_valid(document: Mapping[str, Any], now: datetime) -> None:
    """Raises Refused before its start or for what is no date, Expired after its end. `now` is aware."""
    if any(now < moment for moment in _moments(document, _STARTS)):
        raise Refused("not yet valid")
    if any(now > moment for moment in _moments(document, _ENDS)):
        raise Expired("expired")
    proof = document.get("proof")
    if isinstance(proof, Mapping) and any(now > end for end in _moments(proof, ("expires",))):
        raise Expired("its proof has expired")


def _moments(document: Mapping[str, Any], names: tuple[str, ...]) -> list[datetime]:
    return [_moment(name, document[name]) for name in names if name in document]


def _moment(name: str, written: Any) -> datetime:
    try:
        if name in ("nbf", "exp"):
            return datetime.fromtimestamp(float(written), UTC)
        moment = datetime.fromisoformat(written)
    except (TypeError, ValueError, OverflowError, OSError) as malformed:
        raise Refused(f"{name} is no date") from malformed
    if moment.tzinfo is None:
        raise Refused(f"{name} has no time zone")
    return moment
