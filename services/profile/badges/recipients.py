"""Whose badge it is: an identity in clear or hashed, as its issuer wrote it.

https://www.imsglobal.org/spec/ob/v3p0/#identityobject: `sha256$` and the hexadecimal digest of identity and salt.
"""

import hashlib
import hmac
from typing import Any

from services.profile.badges.documents import as_list
from services.profile.badges.steps import Refused

_SHA256 = "sha256$"


def require_recipient(document: dict[str, Any], identity: str) -> None:
    """Raises Refused unless the subject is `identity`: a DID or URI, or an address of mail with or without `mailto:`."""
    subject = document.get("credentialSubject")
    if not isinstance(subject, dict):
        raise Refused("no one subject")
    wanted = {identity, identity.removeprefix("mailto:"), f"mailto:{identity}"}
    if subject.get("id") in wanted:
        return
    if not any(_is(each, wanted) for each in as_list(subject.get("identifier"))):
        raise Refused("the badge is somebody else's")


def _is(written: Any, wanted: set[str]) -> bool:
    if not isinstance(written, dict) or not isinstance(written.get("identityHash"), str):
        return False
    if written.get("hashed") is not True:
        return written["identityHash"] in wanted
    salt = written.get("salt", "")
    if not isinstance(salt, str) or not written["identityHash"].lower().startswith(_SHA256):
        return False
    digest = written["identityHash"][len(_SHA256) :].lower()
    digests = [hashlib.sha256((each + salt).encode()).hexdigest() for each in wanted]
    return any(hmac.compare_digest(digest.encode(), each.encode()) for each in digests)
