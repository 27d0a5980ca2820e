"""The European Learning Model as our records: the qualifications that a digital credential specifies.

Sources: ELM 3 (europa.eu/europass) and Annex I of the Council Recommendation of 16 June 2022 on
micro-credentials (2022/C 243/02). The learner's own data is neither read nor reported. The model has no
status: what is awarded is active.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from services.catalog.formats import elm_terms as terms
from services.catalog.formats.elm_parts import (
    accreditations,
    assessment,
    awarding_body,
    concept_ids,
    country_of,
    deliveries,
    languages,
    outcomes_of_learning,
    plain,
)
from services.catalog.formats.notes import Node, Notes, Reading, listed, types_of
from services.catalog.formats.values import duration, text

_SPECIFICATIONS = {"Qualification", "LearningAchievementSpecification"}


def read_all(data: Mapping[str, Any]) -> Iterator[tuple[str, Reading]]:
    """Each specification of a document with its pointer: of every achievement claimed, or the object itself."""
    if _SPECIFICATIONS & set(types_of(data)):
        yield "", _read(data, {}, data, "")
        return
    for place, subject in _several(data, "credentialSubject"):
        for within, claim in _several(subject, "hasClaim"):
            for inner, specification in _several(claim, "specifiedBy"):
                if _SPECIFICATIONS & set(types_of(specification)):
                    pointer = f"/credentialSubject{place}/hasClaim{within}"
                    yield pointer, _read(specification, claim, data, f"/specifiedBy{inner}")


def _several(data: Mapping[str, Any], term: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    value = data.get(term)
    for place, each in enumerate(listed(value)):
        if isinstance(each, Mapping):
            yield (f"/{place}" if isinstance(value, list) else ""), each


def _read(
    specification: Mapping[str, Any], claim: Mapping[str, Any], document: Mapping[str, Any], at: str
) -> Reading:
    notes = Notes()
    node, claimed = notes.node(specification, at), Node(claim, "", notes)
    spoken = languages(node)
    title = text(node, "title", spoken) or text(claimed, "title", spoken)
    body = awarding_body(claimed, document, notes)
    issuer = body.issuer if body else None
    proofs = plain(claimed, "provenBy")
    modes = deliveries(node) or [
        mode
        for activity in plain(claimed, "influencedBy")
        for learning in plain(activity, "specifiedBy")
        for mode in deliveries(learning)
    ]
    volume = duration(node, "volumeOfLearning")
    hours = volume.in_hours if volume is not None else None
    if volume is not None and hours is None:
        node.aside("is calendar time, no hours of work", "volumeOfLearning")
    skills = outcomes_of_learning(node, assessed=bool(proofs))
    assertions = accreditations(node)
    parts: dict[str, Any] = {
        "id": _id(node, issuer, title),
        "type": _type(node, document),
        "name": title,
        "description": text(node, "description", spoken),
        "status": "active",
        "issuer": issuer,
        "url": _homepage(node) or (body.homepage if body else None),
        "languages": spoken,
        "skills": skills,
        "eqf_level": terms.EQF_LEVELS.get(next(iter(concept_ids(node, "eqfLevel")), "")),
        "workload_hours": hours,
        "delivery": modes,
        "assessment": assessment(proofs),
        "assertions": assertions,
    }
    for field, name in (("name", "title"), ("issuer", "awardedBy"), ("url", "homepage")):
        if not parts[field]:
            notes.bad(f"{at}/{name}", "is missing: no credential without it")
    accredited = bool(assertions or (body and body.accredited))
    present = {
        "identification of the learner": _is_identified(document),
        "title of the micro-credential": title,
        "country or region of the issuer": body and country_of(body.node),
        "awarding body": issuer,
        "date of issuing": _date(claimed, document),
        "learning outcomes": specification.get("learningOutcome"),
        "notional workload": hours or specification.get("creditPoint"),
        "level": parts["eqf_level"] or specification.get("nqfLevel"),
        "type of assessment": any(terms.says_type(proof.data) for proof in proofs),
        "form of participation": modes,
        "type of quality assurance": accredited,
    }
    for element in terms.ANNEX_I:
        if not present[element]:
            notes.missing(
                element, "is an element of Annex I of the recommendation (2022/C 243/02)", at
            )
    return notes.read(parts)


def _id(node: Node, issuer: Mapping[str, Any] | None, title: str | None) -> str | None:
    """Its URI; one that counts within its document (`urn:epass:qualification:1`) is no identity, so that
    the awarding body and the title are."""
    if node.id is not None and not node.id.startswith(terms.WITHIN):
        return node.id
    return f"{issuer['id']}#{quote(title)}" if issuer and title else None


def _type(node: Node, document: Mapping[str, Any]) -> str:
    kinds = concept_ids(node, "dcType")
    display = document.get("displayParameter")
    titles = display.get("title", {}) if isinstance(display, Mapping) else {}
    shown = (
        {str(each).lower() for each in titles.values()} if isinstance(titles, Mapping) else set()
    )
    if terms.SHORT_PROGRAMME in kinds or shown & {"micro-credential", "microcredential"}:
        return "MicroCredential"
    node.notes.missing(
        "type of credential", "is not said; it counts as a certificate", node.pointer
    )
    return "Certificate"


def _homepage(node: Node) -> str | None:
    for page in node.nodes("homepage"):
        return page.word("contentURL")
    return None


def _is_identified(document: Mapping[str, Any]) -> bool:
    known = {"fullName", "givenName", "familyName", "nationalID", "identifier"}
    return any(known & set(subject) for _, subject in _several(document, "credentialSubject"))


def _date(claimed: Node, document: Mapping[str, Any]) -> bool:
    if any(document.get(term) for term in ("issuanceDate", "issued", "validFrom")):
        return True
    return any("awardingDate" in process.data for process in plain(claimed, "awardedBy"))
