"""A document as the RDF that its signature covers; contexts come from the installed packages, never from a network."""

import hashlib
from functools import cache
from typing import Any

from openbadgeslib.ob3.contexts import bundled_contexts
from pyld import jsonld
from pyld.documentloader.frozen import BUNDLED_CONTEXTS, FrozenDocumentLoader

from services.profile.badges.documents import as_list
from services.profile.badges.steps import Refused


def digest(document: dict[str, Any]) -> bytes:
    """SHA-256 of the canonical N-Quads (RDFC-1.0). Raises Refused for a term that the signature would not cover."""
    _refuse_other_forms(document)
    dropped: list[object] = []
    try:
        expanded = jsonld.expand(
            document, {"documentLoader": _loader()}, on_property_dropped=dropped.append
        )
        if dropped:
            raise Refused(f"undefined term: {', '.join(sorted(set(map(str, dropped)))[:3])}")
        _refuse_relative(expanded)
        quads = jsonld.normalize(
            document,
            {
                "algorithm": "URDNA2015",
                "format": "application/n-quads",
                "documentLoader": _loader(),
            },
        )
    except jsonld.JsonLdError as unusable:
        raise Refused(f"not usable JSON-LD: {unusable.code or unusable.type}") from unusable
    return hashlib.sha256(quads.encode()).digest()


@cache
def _loader() -> FrozenDocumentLoader:
    return FrozenDocumentLoader(documents={**bundled_contexts(), **BUNDLED_CONTEXTS})


def _refuse_other_forms(document: dict[str, Any]) -> None:
    """Only compacted documents whose one context names bundled ones: nothing can hide behind a keyword or a context of its own."""
    for context in as_list(document.get("@context")):
        if not isinstance(context, str) or context not in _loader().documents:
            raise Refused("a context that is not bundled")
    rest: list[Any] = [value for name, value in document.items() if name != "@context"]
    rest.append(dict.fromkeys(set(document) - {"@context"}))
    while rest:
        value = rest.pop()
        if isinstance(value, dict):
            if any(name.startswith("@") for name in value):
                raise Refused("a JSON-LD keyword inside the document")
            rest.extend(value.values())
        elif isinstance(value, list):
            rest.extend(value)


def _refuse_relative(expanded: Any) -> None:
    """A relative id or type is dropped on the way to RDF, so the signature would not cover it."""
    rest = [expanded]
    while rest:
        value = rest.pop()
        if isinstance(value, list):
            rest.extend(value)
        elif isinstance(value, dict):
            for name in (*as_list(value.get("@id")), *as_list(value.get("@type"))):
                if ":" not in name and not name.startswith("@"):
                    raise Refused(f"undefined type or relative id: {name}")
            rest.extend(inner for name, inner in value.items() if name not in ("@id", "@type"))
