"""A CTDL credential as our record. Terms that have no place in it are kept aside, never guessed."""

from collections.abc import Mapping
from typing import Any

from services.catalog.formats import ctdl_terms as terms
from services.catalog.formats.ctdl_assertions import Claims, agent, assertions, no_claims
from services.catalog.formats.ctdl_conditions import assessment, leads_to, prerequisites, skills
from services.catalog.formats.ctdl_outcomes import outcomes
from services.catalog.formats.ctdl_profiles import aid, costs, places, renewal_months, workload
from services.catalog.formats.notes import Find, Node, Notes, Reading, checked_url, nowhere
from services.catalog.formats.values import moment, text


def is_credential(types: list[str]) -> bool:
    """Whether a graph's object is one for learners, of a class that we know or not more than that."""
    return any(type in terms.CLASSES or type == terms.UNSPECIFIC for type in types)


def read(data: Mapping[str, Any], find: Find = nowhere, claims: Claims = no_claims) -> Reading:
    """Our record of one credential. `find` and `claims` tell of the rest of its graph: the object with
    an id, and what organisations and actions say of an id."""
    notes = Notes()
    node = notes.node(data)
    for term, either in terms.REQUIRED.items():
        if all(data.get(each) in (None, "", [], {}) for each in either):
            notes.missing(term, "is required by the registry's minimum data policy")
    languages = [each for each in node.takes("ceterms:inLanguage") if isinstance(each, str)]
    kinds = [terms.CLASSES[type] for type in node.types if type in terms.CLASSES]
    parts: dict[str, Any] = {
        "id": node.id or node.word("ceterms:ctid"),
        "ctid": node.word("ceterms:ctid"),
        "type": kinds[0] if kinds else None,
        "name": text(node, "ceterms:name", languages),
        "description": text(node, "ceterms:description", languages),
        "status": _status(node),
        "issuer": issuer(node, find),
        "url": checked_url(node, "ceterms:subjectWebpage"),
        "image": checked_url(node, "ceterms:image"),
        "languages": languages,
        "skills": skills(node, find),
        "occupations": _occupations(node),
        "level": _concept(node, "ceterms:audienceLevelType", terms.LEVELS),
        "eqf_level": _eqf(node),
        "cost": costs(node),
        "aid": aid(node),
        "workload_hours": workload(node),
        "delivery": _concepts(node, "ceterms:learningDeliveryType", terms.DELIVERIES),
        "places": places(node),
        "assessment": assessment(node, find),
        "prerequisites": prerequisites(node, find),
        "leads_to": leads_to(node, find),
        "renewal_months": renewal_months(node),
        "assertions": assertions(node, find, claims),
        "outcomes": outcomes(node, find),
        "published_at": moment(node, "ceterms:dateEffective"),
        "superseded_by": _one_id(node, "ceterms:supersededBy"),
    }
    _refuse_absent(notes, parts)
    return notes.read(parts)


_NEEDED = {
    "id": "@id",
    "type": "@type",
    "name": "ceterms:name",
    "status": "ceterms:credentialStatusType",
    "issuer": "ceterms:ownedBy",
    "url": "ceterms:subjectWebpage",
}


def _refuse_absent(notes: Notes, parts: Mapping[str, Any]) -> None:
    for field, term in _NEEDED.items():
        if not parts[field]:
            notes.bad(
                f"/{term}", "is missing, or says nothing that we know: no credential without it"
            )


def issuer(node: Node, find: Find) -> dict[str, Any] | None:
    """Who owns it, else who offers it; an organisation that the document does not name has its id as name."""
    owners = node.nodes("ceterms:ownedBy", find)
    offering = node.nodes("ceterms:offeredBy", find)
    chosen = next(iter(owners or offering), None)
    if chosen is None or chosen.id is None:
        return None
    for other in (*owners, *offering):
        if other.id != chosen.id:
            other.notes.aside(other.pointer, "is another organisation than the issuer", other.id)
    sector = _concept(chosen, "ceterms:agentSectorType", terms.SECTORS)
    return {**agent(chosen), **({"sector": sector} if sector else {})}


def _status(node: Node) -> Any:
    return _concept(node, "ceterms:credentialStatusType", terms.STATUSES)


def _concepts(node: Node, term: str, known: Mapping[str, Any]) -> list[Any]:
    """What aligned concepts mean to us, each once; others are kept aside."""
    found = []
    for each in node.nodes(term, nowhere):
        target = str(each.take("ceterms:targetNode") or each.id)
        for said in ("ceterms:framework", "ceterms:frameworkName", "ceterms:targetNodeName"):
            each.take(said)
        if target in known:
            found.append(known[target])
        else:
            each.aside("is no concept that we know")
    return list(dict.fromkeys(found))


def _concept(node: Node, term: str, known: Mapping[str, Any]) -> Any:
    found = _concepts(node, term, known)
    if len(found) > 1:
        node.notes.aside(node.at(term), "says more than one", node.data[term])
    return found[0] if len(found) == 1 else None


def _eqf(node: Node) -> int | None:
    levels = {f"{terms.EQF}{level}": level for level in range(1, 9)}
    level: int | None = _concept(node, "ceterms:educationLevelType", levels)
    return level


def _occupations(node: Node) -> list[str]:
    found = []
    for each in node.nodes("ceterms:occupationType", nowhere):
        id = terms.occupation_id(
            each.word("ceterms:targetNode") or each.id,
            each.word("ceterms:codedNotation"),
            each.word("ceterms:framework"),
        )
        if id is None:
            each.aside("names an occupation without saying which")
            continue
        # Names and descriptions are the occupation's own, which the catalog has under its id.
        for own in ("frameworkName", "targetNodeName", "targetNodeDescription"):
            each.take(f"ceterms:{own}")
        found.append(id)
    return list(dict.fromkeys(found))


def _one_id(node: Node, term: str) -> str | None:
    ids = [each.id for each in node.nodes(term, nowhere) if each.id]
    if len(ids) > 1:
        node.notes.aside(node.at(term), "names more than one", ids)
    return ids[0] if len(ids) == 1 else None
