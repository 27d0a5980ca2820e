"""Who stands behind a credential: CTDL's accreditation, recognition and approval, and their reciprocals."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from services.catalog.formats import ctdl_terms as terms
from services.catalog.formats.ctdl_profiles import place_code
from services.catalog.formats.notes import Find, Node
from services.catalog.formats.values import moment, text


class Claim(NamedTuple):
    """What an agent says of an object: as a term of its own (`accredits`), or as an action."""

    kind: str
    agent: str
    action: Mapping[str, Any] | None = None


Claims = Callable[[str], Iterable[Claim]]
"""What is said of an id elsewhere in the document."""


def no_claims(_id: str) -> Iterable[Claim]:
    """Of an object that stands alone."""
    return ()


def assertions(node: Node, find: Find, claims: Claims) -> list[dict[str, Any]]:
    """One for each agent, kind and action. Reciprocal is what the credential says of a published agent and
    that agent of the credential; an agent without an identity of its own (`_:`) is the publisher's word."""
    own = _own(node, find)
    theirs = list(claims(node.id)) if node.id else []
    found = [_stated(each, (each.kind, each.agent) in own, find, node) for each in theirs]
    answered = {(claim.kind, claim.agent) for claim in theirs}
    found += [each for key, stated in own.items() if key not in answered for each in stated]
    told = [each for each in found if each is not None]
    dated = {_who(each) for each in told if "start" in each or "end" in each}
    # The bare term says nothing beside the action that dates it.
    told = [each for each in told if _who(each) not in dated or "start" in each or "end" in each]
    return [each for place, each in enumerate(told) if each not in told[:place]]


def _who(assertion: Mapping[str, Any]) -> tuple[str, str]:
    return assertion["kind"], assertion["agent"]["id"]


def _own(node: Node, find: Find) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """What the credential says itself."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for kind, (by, within, _) in terms.ASSERTIONS.items():
        for each in node.nodes(by, find):
            if each.id is not None:
                found.setdefault((kind, each.id), []).append(_said(kind, each))
        for profile in node.nodes(within):
            agents = profile.nodes("ceterms:assertedBy", find)
            held, code = _jurisdiction(profile)
            if not held:
                profile.aside("does not hold in one region that we know")
                continue
            place = {"jurisdiction": code} if code else {}
            for each in agents:
                if each.id is not None:
                    found.setdefault((kind, each.id), []).append(_said(kind, each) | place)
    return found


def _said(kind: str, node: Node) -> dict[str, Any]:
    return {"kind": kind, "agent": agent(node)}


def agent(node: Node) -> dict[str, Any]:
    """An organisation: one that has no identity outside the document (`_:`) has its page or name as id; one
    that the document does not name has its id as name, and a note."""
    name, page = text(node, "ceterms:name"), node.take("ceterms:subjectWebpage")
    if name is None:
        detail = f"{node.id} is not named in the document; its id stands for its name"
        node.notes.missing("an organisation's ceterms:name", detail, node.pointer)
    inner = node.id is None or node.id.startswith("_:")
    id = (page if isinstance(page, str) else name) if inner else node.id
    return {"id": id or node.id, "name": name or node.id}


def _stated(claim: Claim, answered: bool, find: Find, node: Node) -> dict[str, Any] | None:
    """What another object of the document says of the credential."""
    notes = node.notes
    stated = _said(claim.kind, Node(find(claim.agent) or {"@id": claim.agent}, "", notes))
    if answered and not claim.agent.startswith("_:"):
        stated["reciprocal"] = True
    if claim.action is None:
        return stated
    action = Node(claim.action, "", notes)
    for field, term in (("start", "ceterms:startDate"), ("end", "ceterms:endDate")):
        if (told := moment(action, term)) is not None:
            stated[field] = told
    evidence = action.take("ceterms:evidenceOfAction")
    if isinstance(evidence, str):
        stated["evidence_url"] = evidence
    for profile in action.nodes("ceterms:jurisdiction"):
        held, code = _jurisdiction(profile)
        if not held:
            profile.aside("does not hold in one region that we know")
            return None
        if code:
            stated["jurisdiction"] = code
    return stated


def _jurisdiction(profile: Node) -> tuple[bool, str | None]:
    """Whether it can be said as one region, and which; none means everywhere."""
    exceptions = profile.takes("ceterms:jurisdictionException")
    mains = profile.nodes("ceterms:mainJurisdiction")
    everywhere = profile.take("ceterms:globalJurisdiction")
    profile.take("ceterms:description")
    if exceptions or len(mains) > 1 or (not mains and everywhere is False):
        return False, None
    if not mains:
        return True, None
    code = place_code(mains[0])
    return code is not None, code
