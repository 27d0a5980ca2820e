"""What a credential asks for, shows and leads to: CTDL's ConditionProfiles and alignments."""

from typing import Any

from services.catalog.formats.notes import Find, Node, nowhere
from services.catalog.formats.values import text

_LEADS = ("ceterms:isPreparationFor", "ceterms:isRequiredFor", "ceterms:isAdvancedStandingFor")


def skills(node: Node, find: Find) -> list[dict[str, Any]]:
    """The competencies it says it teaches or assesses, those its conditions ask to be shown, and those of
    the learning and the assessments required for it that the document holds."""
    found: dict[str, bool] = {}
    for term, assessed in (("ceterms:teaches", False), ("ceterms:assesses", True)):
        _add(found, node, term, assessed)
    for condition in node.nodes("ceterms:requires"):
        _add(found, condition, "ceterms:targetCompetency", False)
        for learning in condition.nodes("ceterms:targetLearningOpportunity", find):
            _add(found, learning, "ceterms:teaches", False)
            if not learning.data.get("ceterms:teaches"):
                learning.notes.aside(
                    learning.pointer, "says nothing of what it teaches", learning.id
                )
        for target in condition.nodes("ceterms:targetAssessment", find):
            _add(found, target, "ceterms:assesses", True)
    return [{"id": id, "assessed": assessed} for id, assessed in found.items()]


def _add(found: dict[str, bool], node: Node, term: str, assessed: bool) -> None:
    for id in competencies(node, term):
        found[id] = found.get(id, False) or assessed


def competencies(node: Node, term: str) -> list[str]:
    """The ids of aligned competencies; one that only has a name is kept aside."""
    found = []
    for each in node.nodes(term, nowhere):
        id = each.word("ceterms:targetNode") or each.id
        if id is None:
            each.aside("names a skill without saying which")
            continue
        for own in ("framework", "frameworkName", "targetNodeName", "targetNodeDescription"):
            each.take(f"ceterms:{own}")
        found.append(id)
    return found


def prerequisites(node: Node, find: Find) -> list[dict[str, Any]]:
    """What must be held to begin or to earn it: credentials of its requirements and entry conditions, and
    skills of the latter. Conditions in words are kept aside."""
    found: list[dict[str, Any]] = []
    for term in ("ceterms:requires", "ceterms:entryCondition"):
        for condition in node.nodes(term):
            found += [{"credential": id} for id in _targets(condition, find)]
            if term == "ceterms:entryCondition":
                ids = competencies(condition, "ceterms:targetCompetency")
                found += [{"skill": id} for id in ids]
    return [each for place, each in enumerate(found) if each not in found[:place]]


def leads_to(node: Node, find: Find) -> list[str]:
    """The credentials that it prepares for, is required for or shortens."""
    ids = [
        id for term in _LEADS for condition in node.nodes(term) for id in _targets(condition, find)
    ]
    return list(dict.fromkeys(ids))


def _targets(condition: Node, find: Find) -> list[str]:
    found = []
    for target in condition.nodes("ceterms:targetCredential", find):
        if target.id is None or target.id.startswith("_:"):
            target.notes.aside(target.pointer, "is no credential with an id", dict(target.data))
        else:
            found.append(target.id)
    return found


def assessment(node: Node, find: Find) -> dict[str, Any] | None:
    """The one assessment that the document holds among those required."""
    known = [
        target
        for condition in node.nodes("ceterms:requires")
        for target in condition.nodes("ceterms:targetAssessment", find)
    ]
    for target in known:
        if len(target.data) == 1:
            target.notes.aside(
                target.pointer, "is an assessment that is not in the document", target.id
            )
    told = [target for target in known if len(target.data) > 1]
    for other in told[1:]:
        other.notes.aside(
            other.pointer, "is another assessment than the one that is kept", other.id
        )
    if not told:
        return None
    methods = [
        name
        for method in told[0].nodes("ceterms:assessmentMethodType", nowhere)
        if (name := text(method, "ceterms:targetNodeName") or method.word("ceterms:targetNode"))
    ]
    supervised = told[0].take("ceterms:isProctored") is True
    name = ", ".join(methods) or text(told[0], "ceterms:name")
    return {"type": name, "supervised": supervised} if name else {"supervised": supervised}
