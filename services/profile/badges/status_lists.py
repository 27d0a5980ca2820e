"""Bitstring Status List 1.0 and StatusList2021: one bit of a signed, compressed list says revoked or suspended.

https://www.w3.org/TR/vc-bitstring-status-list/: the list is GZIP in base64url, the first bit is the leftmost.
"""

import base64
import binascii
import zlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from services.profile.badges.at_hand import AtHand
from services.profile.badges.dates import Expired, require_valid
from services.profile.badges.documents import as_list, issuer_of
from services.profile.badges.keys import is_own
from services.profile.badges.presented import controller_of, present
from services.profile.badges.steps import Refused, Step, Undecided

MOST_LIST_BYTES = 4_000_000
_LIST_OF_ENTRY = {
    "BitstringStatusListEntry": "BitstringStatusListCredential",
    "StatusList2021Entry": "StatusList2021Credential",
}
_BAD = {"revocation": "revoked", "suspension": "suspended"}


class Policy(NamedTuple):
    """Whose lists count: the issuer's own, and by URL those of the DID that the operator lets sign for others."""

    now: datetime
    allowed_issuers: Mapping[str, str]


def check_status(document: dict[str, Any], at_hand: AtHand, policy: Policy) -> Step:
    """The status step."""
    entries = as_list(document.get("credentialStatus"))
    if not entries:
        return Step("status", True, "the issuer keeps no status")
    undecided: str | None = None
    for entry in entries:
        try:
            bad = _entry_says(entry, issuer_of(document), at_hand, policy)
        except (Refused, Undecided) as why:
            undecided = str(why)
            continue
        if bad is not None:
            return Step("status", False, bad, becomes="revoked")
    if undecided is not None:
        return Step("status", None, undecided)
    return Step("status", True, "neither revoked nor suspended")


def lists_of(document: dict[str, Any]) -> list[str]:
    """The URLs of the lists that a credential names."""
    entries = [each for each in as_list(document.get("credentialStatus")) if isinstance(each, dict)]
    urls = [each.get("statusListCredential") for each in entries]
    return [url for url in dict.fromkeys(urls) if isinstance(url, str)]


def _entry_says(entry: Any, issuer: str, at_hand: AtHand, policy: Policy) -> str | None:
    """What is bad about the credential; None for nothing. Raises Refused, Undecided."""
    kind = _one(entry.get("type")) if isinstance(entry, dict) else None
    if kind not in _LIST_OF_ENTRY:
        raise Undecided("a status of an unknown type")
    purpose, url = _one(entry.get("statusPurpose")), entry.get("statusListCredential")
    if purpose is None:
        raise Undecided("a status without one purpose")
    if purpose not in _BAD:
        return None
    if not isinstance(url, str) or entry.get("statusSize", 1) != 1:
        raise Undecided("a status that is not one bit of a list at a URL")
    listed = _trusted(at_hand.get(url), url, issuer, at_hand, policy)
    if _LIST_OF_ENTRY[kind] not in as_list(listed.get("type")):
        raise Undecided("the status list is of another type")
    subject = listed.get("credentialSubject")
    if not isinstance(subject, dict) or purpose not in as_list(subject.get("statusPurpose")):
        raise Undecided("the status list is for another purpose")
    if _bit(_bits(subject.get("encodedList")), entry.get("statusListIndex")):
        return _BAD[purpose]
    return None


def _one(value: Any) -> str | None:
    """The one text, with or without brackets; None for anything else."""
    values = as_list(value)
    return values[0] if len(values) == 1 and isinstance(values[0], str) else None


def _trusted(raw: bytes, url: str, issuer: str, at_hand: AtHand, policy: Policy) -> dict[str, Any]:
    """The list, once it is certain whose it is and that it is the present one. Raises Refused, Undecided."""
    presented = present(raw)
    signer = issuer_of(presented.document)
    if not is_own(controller_of(presented), signer):
        raise Undecided("the status list is signed with the key of someone else than its issuer")
    if signer not in (issuer, policy.allowed_issuers.get(url)):
        raise Undecided("the status list is of another issuer")
    presented.check(at_hand)
    try:
        require_valid(presented.document, policy.now)
    except Expired as old:
        raise Undecided("the status list is out of date") from old
    return presented.document


def _bits(encoded: Any) -> bytes:
    if not isinstance(encoded, str):
        raise Undecided("the status list has no list")
    text = encoded[1:] if encoded.startswith("u") else encoded
    inflating = zlib.decompressobj(wbits=31)
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        bits = inflating.decompress(packed, MOST_LIST_BYTES)
    except (binascii.Error, ValueError, zlib.error) as malformed:
        raise Undecided("the status list is not compressed base64") from malformed
    if not inflating.eof:
        raise Undecided("the status list is too large or cut off")
    return bits


def _bit(bits: bytes, written: Any) -> bool:
    text = str(written)
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise Undecided("the status list index is no number")
    index = int(text)
    if index >= len(bits) * 8:
        raise Undecided("the status list is shorter than the index")
    return bool(bits[index // 8] >> (7 - index % 8) & 1)
