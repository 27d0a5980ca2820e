"""Data Integrity `eddsa-rdfc-2022` and the older `Ed25519Signature2020`.

https://www.w3.org/TR/vc-di-eddsa/: Ed25519 over SHA-256(proof options) ‖ SHA-256(document), both canonical.
"""

from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from services.profile.badges.at_hand import AtHand
from services.profile.badges.base58 import decode
from services.profile.badges.keys import key_of
from services.profile.badges.linked_data import digest
from services.profile.badges.steps import Refused


class Embedded:
    """A credential that has its proof inside."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    @property
    def method(self) -> str:
        """The key that its proof names. Raises Refused."""
        method = self._proof().get("verificationMethod")
        if not isinstance(method, str):
            raise Refused("no verification method")
        return method

    def check(self, at_hand: AtHand) -> None:
        """Raises Refused, or Undecided where the key is not to be had."""
        proof, document = self._proof(), self.document
        _require_suite(proof)
        key = key_of(self.method, at_hand)
        if not isinstance(key, Ed25519PublicKey):
            raise Refused("not an Ed25519 key")
        signature = _signature(proof)
        options = {name: value for name, value in proof.items() if name != "proofValue"}
        unsigned = {name: value for name, value in document.items() if name != "proof"}
        hashed = digest({"@context": document.get("@context"), **options}) + digest(unsigned)
        try:
            key.verify(signature, hashed)
        except InvalidSignature as wrong:
            raise Refused("the signature is not of this document by this key") from wrong

    def _proof(self) -> dict[str, Any]:
        proof = self.document.get("proof")
        if not isinstance(proof, dict):
            raise Refused("not exactly one proof")
        return proof


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


def _signature(proof: dict[str, Any]) -> bytes:
    value = proof.get("proofValue")
    if not isinstance(value, str) or not value.startswith("z") or len(value) > 100:
        raise Refused("the proof value is not base58")
    return decode(value[1:])
