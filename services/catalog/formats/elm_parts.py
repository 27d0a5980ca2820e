"""Parts of a European digital credential: concepts, bodies, outcomes of learning, assessments."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from services.catalog.formats import elm_terms as terms
from services.catalog.formats.notes import Node, Notes, nowhere
from services.catalog.formats.values import country, language, moment, text


class Body(NamedTuple):
    """Who awards."""

    node: Node
    issuer: dict[str, Any]
    homepage: str | None
    accredited: bool


def concept_ids(node: Node, term: str) -> list[str]:
    """The ids of a term's concepts."""
    return [each.id for each in _concepts(node, term) if each.id]


def _concepts(node: Node, term: str) -> list[Node]:
    found = node.nodes(term, nowhere)
    for each in found:
        for own in ("inScheme", "prefLabel", "notation", "definition"):
            each.take(own)
    return found


def languages(node: Node) -> list[str]:
    """BCP 47 of the EU's table of languages."""
    codes = [id.removeprefix(terms.LANGUAGE) for id in concept_ids(node, "language")]
    return [code for each in codes if (code := language(each))]


def deliveries(node: Node) -> list[str]:
    """How it is taught; a mode that says no place is kept aside."""
    found = []
    for mode in _concepts(node, "mode"):
        delivery = terms.MODES.get(terms.label(mode.data))
        if delivery is None:
            mode.aside("does not say where it is taught")
        else:
            found.append(delivery)
    return list(dict.fromkeys(found))


def awarding_body(claimed: Node, document: Mapping[str, Any], notes: Notes) -> Body | None:
    """The first awarding body of an achievement, else the document's issuer."""
    processes = plain(claimed, "awardedBy")
    bodies = [body for process in processes for body in plain(process, "awardingBody")]
    issuer = document.get("issuer")
    if not bodies and isinstance(issuer, Mapping):
        bodies = [Node(issuer, "/issuer", notes)]
    for other in bodies[1:]:
        other.aside("is another awarding body than the one that is kept")
    return _body(bodies[0]) if bodies else None


def _body(node: Node) -> Body | None:
    name = text(node, "legalName") or text(node, "prefLabel") or text(node, "altLabel")
    pages = [page.data.get("contentURL") for page in plain(node, "homepage")]
    homepage = next((page for page in pages if isinstance(page, str)), None)
    id = node.id if node.id and not node.id.startswith(terms.WITHIN) else homepage or name
    if id is None or name is None:
        return None
    accredited = bool(node.data.get("accreditation"))
    return Body(node, {"id": id, "name": name}, homepage, accredited)


def plain(node: Node, term: str) -> list[Node]:
    """Objects of which only what we ask for is read: the rest is another's or the learner's own, and is
    not reported."""
    values = node.takes(term)
    return [Node(each, node.at(term), node.notes) for each in values if isinstance(each, Mapping)]


def country_of(body: Node) -> str | None:
    """ISO 3166-1 of where a body is, or is registered."""
    places = [
        address.data.get("countryCode")
        for location in plain(body, "location")
        for address in plain(location, "address")
    ]
    places += [each.data.get("spatial") for each in plain(body, "registration")]
    for place in places:
        id = str(place.get("id", "")) if isinstance(place, Mapping) else ""
        if code := country(id.removeprefix(terms.COUNTRY) or None):
            return code
    return None


def outcomes_of_learning(node: Node, *, assessed: bool) -> list[dict[str, Any]]:
    """The skills that its learning outcomes relate to; an outcome that relates to none is kept aside."""
    found: list[str] = []
    for outcome in node.nodes("learningOutcome"):
        ids = [
            id
            for term in ("relatedESCOSkill", "relatedSkill")
            for id in concept_ids(outcome, term)
            if not id.startswith(terms.WITHIN)
        ]
        if not ids:
            outcome.aside("relates to no skill with an id")
            continue
        # The outcome's title says in words what its skills say by id; how far they reach is the skill's.
        outcome.take("title")
        outcome.take("reusabilityLevel")
        found += ids
    return [{"id": id, "assessed": assessed} for id in dict.fromkeys(found)]


def assessment(proofs: list[Node]) -> dict[str, Any] | None:
    """How it was assessed, and whether watched and by whom it was taken; never with which result."""
    if not proofs:
        return None
    first = proofs[0]
    kinds = [
        name
        for specification in plain(first, "specifiedBy")
        for kind in plain(specification, "dcType")
        if (name := terms.label(kind.data))
    ]
    checks = [terms.label(each.data) for each in plain(first, "idVerification")]
    told: dict[str, Any] = {"type": ", ".join(kinds)} if kinds else {}
    for check in checks:
        told["supervised"] = check.startswith("supervised")
        told["identity_verified"] = "with id" in check
    return told or None


def accreditations(node: Node) -> list[dict[str, Any]]:
    """Accreditations of the qualification itself, with their agents and dates."""
    found = []
    for each in node.nodes("accreditation"):
        agents = each.nodes("accreditingAgent", nowhere)
        body = _body(agents[0]) if agents else None
        if body is None:
            each.aside("does not say by whom")
            continue
        told = {"kind": "accredits", "agent": body.issuer}
        for field, term in (("start", "dateIssued"), ("end", "expiryDate")):
            if (date := moment(each, term)) is not None:
                told[field] = date
        found.append(told)
    return found
