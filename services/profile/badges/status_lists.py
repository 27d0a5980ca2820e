"""Bitstring Status List 1.0 and StatusList2021: one bit of a signed, compressed list says revoked or suspended.

https://www.w3.org/TR/vc-bitstring-status-list/: the list is GZIP in base64url, the first bit is the leftmost.
"""

import base64
import binascii
import zlib
from collections.abc import Mapping
from typing import Any

from services.profile.badges.documents import as_list, issuer_of, parse
from services.profile.badges.proofs import check_proof
from services.profile.badges.steps import Refused, Step, Undecided

MOST_LIST_BYTES = 4_000_000
_ENTRIES = {"BitstringStatusListEntry", "StatusList2021Entry"}
_BAD = {"revocation": "revoked", "suspension": "suspended"}


def check_status(
    document: dict[str, Any], lists: Mapping[str, bytes], allowed_issuers: Mapping[str, str]
) -> Step:
    """The status step. `lists` are the lists at hand by URL, `allowed_issuers` whom the operator lets sign one for others."""
    entries = as_list(document.get("credentialStatus"))
    if not entries:
        return Step("status", True, "the issuer keeps no status")
    undecided: str | None = None
    for entry in entries:
        try:
            bad = _entry_says(entry, issuer_of(document), lists, allowed_issuers)
        except (Refused, Undecided) as why:
            undecided = str(why)
            continue
        if bad is not None:
            return Step("status", False, bad, becomes="revoked")
    if undecided is not None:
        return Step("status", None, undecided)
    return Step("status", True, "neither revoked nor suspended")


def _entry_says(
    entry: Any, issuer: str, lists: Mapping[str, bytes], allowed_issuers: Mapping[str, str]
) -> str | None:
    if not isinstance(entry, dict) or entry.get("type") not in _ENTRIES:
        raise Undecided("a status of an unknown type")
    purpose, url = entry.get("statusPurpose"), entry.get("statusListCredential")
    if not isinstance(url, str) or url not in lists:
        raise Undecided("the status list is unreachable")
    listed = parse(lists[url])
    signer = check_proof(listed)
    if signer != issuer_of(listed) or signer not in (issuer, allowed_issuers.get(url)):
        raise Undecided("the status list is of another issuer")
    subject = listed.get("credentialSubject")
    if not isinstance(subject, dict) or purpose not in as_list(subject.get("statusPurpose")):
        raise Undecided("the status list is for another purpose")
    if _bit(_bits(subject.get("encodedList")), entry.get("statusListIndex")):
        return _BAD.get(str(purpose))
    return None


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
