"""Every step of verifying a JSON-LD badge, in order: shape, proof, dates, status, issuer."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from services.profile.badges import documents, proofs
from services.profile.badges.status_lists import check_status
from services.profile.badges.steps import Refused, Step, StepName, Undecided, Verification


def verify(
    raw: bytes,
    now: datetime,
    lists: Mapping[str, bytes] | None = None,
    allowed_issuers: Mapping[str, str] | None = None,
) -> Verification:
    """What can be said of `raw` at `now` (aware), with nothing fetched.

    `lists`: status lists by URL. `allowed_issuers`: the DID that may sign the list at a URL for other issuers.
    """
    try:
        document = documents.parse(raw)
    except Refused as why:
        return Verification((Step("shape", False, str(why)),))
    return Verification(
        (
            _step("shape", lambda: documents.require_badge(document)),
            _step("proof", lambda: proofs.check_proof(document)),
            _dates(document, now),
            _status(document, lists or {}, allowed_issuers or {}),
            _step("issuer", lambda: _require_own_key(document)),
        )
    )


def _step(name: StepName, check: Callable[[], object]) -> Step:
    try:
        check()
    except Refused as why:
        return Step(name, False, str(why))
    except Undecided as why:
        return Step(name, None, str(why))
    return Step(name, True, "as it must be")


def _dates(document: dict[str, Any], now: datetime) -> Step:
    try:
        starts = _moment(document, "validFrom", "issuanceDate")
        ends = _moment(document, "validUntil", "expirationDate")
    except Refused as why:
        return Step("dates", False, str(why))
    if starts is not None and now < starts:
        return Step("dates", False, "not yet valid")
    if ends is not None and now > ends:
        return Step("dates", False, "expired", becomes="expired")
    return Step("dates", True, "valid now")


def _moment(document: dict[str, Any], *names: str) -> datetime | None:
    written = next((document[name] for name in names if name in document), None)
    if written is None:
        return None
    try:
        moment = datetime.fromisoformat(written)
    except (TypeError, ValueError) as malformed:
        raise Refused(f"{names[0]} is no date") from malformed
    if moment.tzinfo is None:
        raise Refused(f"{names[0]} has no time zone")
    return moment


def _status(
    document: dict[str, Any], lists: Mapping[str, bytes], allowed_issuers: Mapping[str, str]
) -> Step:
    try:
        return check_status(document, lists, allowed_issuers)
    except Refused as why:
        return Step("status", None, str(why))


def _require_own_key(document: dict[str, Any]) -> None:
    if proofs.controller_of(document) != documents.issuer_of(document):
        raise Refused("signed with the key of someone else than the issuer")
