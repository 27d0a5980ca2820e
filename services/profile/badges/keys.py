"""The public key that a proof names: of a did:key, in the document of a did:web, or in a set of keys at a URL.

https://w3c-ccg.github.io/did-key-spec/, https://w3c-ccg.github.io/did-method-web/, RFC 7517.
"""

from typing import Any
from urllib.parse import unquote, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from openbadgeslib.errors import LibOpenBadgesException
from openbadgeslib.ob3.did import pem_for_kid, resolve_did

from services.profile.badges.at_hand import AtHand
from services.profile.badges.documents import as_list, parse
from services.profile.badges.steps import Refused, Undecided

Key = Ed25519PublicKey | EllipticCurvePublicKey | RSAPublicKey


def key_of(method: str, at_hand: AtHand) -> Key:
    """The key that `method` names, as a DID or URL with a fragment. Raises Refused where there is no such key, and
    Undecided where its document is not to be had."""
    controller, _, fragment = method.partition("#")
    if controller.startswith("did:key:"):
        return _of_did_key(controller, fragment)
    if controller.startswith("did:web:"):
        return _of_document(parse(at_hand.get(_url_of(controller))), controller, method)
    if controller.startswith("https://"):
        return _of_set(parse(at_hand.get(controller)), fragment)
    raise Undecided(f"keys of {controller[:60]} are not known how to be found")


def is_own(controller: str, issuer: str) -> bool:
    """Whether a key is the issuer's: of the same DID or URL, below the issuer's URL, or among what their site says of itself
    (RFC 8615). Elsewhere on a site there may be others."""
    if controller == issuer:
        return True
    try:
        there, here = urlsplit(controller), urlsplit(issuer)
    except ValueError:
        return False  # What is no URL is below none.
    if there.scheme != "https" or here.scheme != "https" or there.netloc != here.netloc:
        return False
    below = f"{here.path.rstrip('/')}/"
    return ".." not in there.path and there.path.startswith((below, "/.well-known/"))


def _of_did_key(did: str, fragment: str) -> Key:
    if fragment != did.removeprefix("did:key:"):
        raise Refused("the verification method is not the key of its did:key")
    try:
        return _public(load_pem_public_key(resolve_did(did)))
    except (LibOpenBadgesException, ValueError) as unusable:
        raise Refused("not a usable did:key") from unusable


def _url_of(did: str) -> str:
    host, *path = did.removeprefix("did:web:").split(":")
    if not host or "/" in did or not all(path):
        raise Refused("not a usable did:web")
    return f"https://{unquote(host)}/{'/'.join(path) or '.well-known'}/did.json"


def _of_document(document: dict[str, Any], did: str, method: str) -> Key:
    if document.get("id") != did:
        raise Refused("the document of the did:web is another's")
    asserting = as_list(document.get("assertionMethod"))
    embedded = [each for each in asserting if isinstance(each, dict)]
    known = [*as_list(document.get("verificationMethod")), *embedded]
    named = {
        _absolute(each.get("id") if isinstance(each, dict) else each, did) for each in asserting
    }
    if method not in named:
        raise Refused("the issuer's document does not let that key assert anything")
    methods = [{**m, "id": _absolute(m.get("id"), did)} for m in known if isinstance(m, dict)]
    try:
        return _public(
            load_pem_public_key(pem_for_kid({"verificationMethod": methods}, did, method))
        )
    except (LibOpenBadgesException, ValueError) as unusable:
        raise Refused("the issuer's document has no usable key of that name") from unusable


def _absolute(written: Any, did: str) -> str:
    return f"{did}{written}" if str(written).startswith("#") else str(written)


def _of_set(document: dict[str, Any], kid: str) -> Key:
    keys = as_list(document["keys"]) if "keys" in document else [document]
    named = [
        each for each in keys if isinstance(each, dict) and (not kid or each.get("kid") == kid)
    ]
    if len(named) != 1:
        raise Refused("the issuer's set has no one key of that name")
    try:
        return _public(jwt.PyJWK(named[0]).key)
    except (jwt.PyJWTError, ValueError, TypeError) as unusable:
        raise Refused("the issuer's set has no usable key of that name") from unusable


def _public(key: object) -> Key:
    if not isinstance(key, Key):
        raise Refused("not a public key of a supported kind")
    return key
