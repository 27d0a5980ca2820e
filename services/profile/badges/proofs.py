"""Data Integrity `eddsa-rdfc-2022` and the older `Ed25519Signature2020`.

https://www.w3.org/TR/vc-di-eddsa/: Ed25519 over SHA-256(proof options) ‖ SHA-256(document), both canonical.
"""

from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from openbadgeslib.errors import LibOpenBadgesException
from openbadgeslib.ob3.did import resolve_did

from services.profile.badges.base58 import decode
from services.profile.badges.linked_data import digest
from services.profile.badges.steps import Refused, Undecided


def check_proof(document: dict[str, Any]) -> str:
    """The DID whose key signed it. Raises Refused, or Undecided where the key is not to be had offline."""
    proof = document.get("proof")
    if not isinstance(proof, dict):
        raise Refused("not exactly one proof")
    _require_suite(proof)
    controller = controller_of(document)
    key = _key(controller)
    signature = _signature(proof)
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    unsigned = {name: value for name, value in document.items() if name != "proof"}
    hashed = digest({"@context": document.get("@context"), **options}) + digest(unsigned)
    try:
        key.verify(signature, hashed)
    except InvalidSignature as wrong:
        raise Refused("the signature is not of this document by this key") from wrong
    return controller


def controller_of(document: dict[str, Any]) -> str:
    """The DID in the proof's verification method. Raises Refused."""
    proof = document.get("proof")
    method = proof.get("verificationMethod") if isinstance(proof, dict) else None
    if not isinstance(method, str):
        raise Refused("no verification method")
    controller, _, fragment = method.partition("#")
    if controller.startswith("did:key:") and fragment != controller.removeprefix("did:key:"):
        raise Refused("the verification method is not the key of its did:key")
    return controller


def _require_suite(proof: dict[str, Any]) -> None:
    suite = (proof.get("type"), proof.get("cryptosuite"))
    if suite not in (
        ("DataIntegrityProof", "eddsa-rdfc-2022"),
        ("Ed25519Signature2020", None),
    ):
        raise Refused("unsupported suite")
    if proof.get("proofPurpose") != "assertionMethod":
        raise Refused("the proof is for another purpose")
    if "@context" in proof:
        raise Refused("a proof with a context of its own")


def _key(controller: str) -> Ed25519PublicKey:
    if not controller.startswith("did:key:"):
        raise Undecided(f"keys of {controller.partition('#')[0][:60]} are not fetched")
    try:
        key = load_pem_public_key(resolve_did(controller))
    except (LibOpenBadgesException, ValueError) as unusable:
        raise Refused("not a usable did:key") from unusable
    if not isinstance(key, Ed25519PublicKey):
        raise Refused("not an Ed25519 key")
    return key


def _signature(proof: dict[str, Any]) -> bytes:
    value = proof.get("proofValue")
    if not isinstance(value, str) or not value.startswith("z") or len(value) > 100:
        raise Refused("the proof value is not base58")
    return decode(value[1:])
