"""Open Badges 3.0 achievements as our records: what can be earned, not what someone has earned.

Source: 1EdTech Open Badges 3.0, Achievement. The format has no status: a published achievement is active.
A badge's achievement is read without its proof, which the catalog does not check.
"""

from collections.abc import Mapping
from typing import Any

from libs.common.contracts.catalog import CredentialType
from services.catalog.formats.ctdl_terms import CLASSES, occupation_id
from services.catalog.formats.notes import Node, Notes, Reading, nowhere, types_of
from services.catalog.formats.values import text

_TYPES: dict[str, CredentialType] = {
    name.removeprefix("ceterms:"): type for name, type in CLASSES.items()
}
"""Achievement types are CTDL's classes by their local names, and others that are no credential."""

# Alignment types of Open Badges 3.0 whose target is a competency.
_SKILLS = ("ceasn:Competency", "CFItem")
_ESCO = "http://data.europa.eu/esco/"


def achievement_of(
    data: Mapping[str, Any],
) -> tuple[str, Mapping[str, Any], Mapping[str, Any]] | None:
    """Of an achievement its pointer, itself and who grants it; of a badge or an endorsement of one the same."""
    if "Achievement" in types_of(data):
        return "", data, {}
    subject = data.get("credentialSubject")
    if isinstance(subject, Mapping) and isinstance(subject.get("achievement"), Mapping):
        issuer = data.get("issuer")
        granting = {"id": issuer} if isinstance(issuer, str) else issuer
        return (
            "/credentialSubject/achievement",
            subject["achievement"],
            granting if isinstance(granting, Mapping) else {},
        )
    return None


def read(data: Mapping[str, Any], granting: Mapping[str, Any]) -> Reading:
    """Our record of one achievement; `granting` is the issuer where it names no creator."""
    notes = Notes()
    node = notes.node(data)
    creators = node.nodes("creator", nowhere)
    creator = creators[0] if creators else Node(granting, "", notes)
    languages = [each for each in node.takes("inLanguage") if isinstance(each, str)]
    skills, occupations = _aligned(node)
    url = data.get("id") if str(data.get("id")).startswith("http") else None
    parts: dict[str, Any] = {
        "id": node.id,
        "type": _type(node),
        "name": text(node, "name", languages),
        "description": text(node, "description", languages),
        "status": "active",
        "issuer": _issuer(creator),
        "url": _criteria_url(node) or url,
        "image": _image(node),
        "languages": languages,
        "skills": skills,
        "occupations": occupations,
    }
    for field, term in (
        ("id", "id"),
        ("name", "name"),
        ("issuer", "creator"),
        ("url", "criteria/id"),
    ):
        if not parts[field]:
            notes.bad(f"/{term}", "is missing: no credential without it")
    if not parts["description"]:
        notes.missing("description", "is required of an achievement")
    if "criteria" not in data:
        notes.missing("criteria", "is required of an achievement")
    return notes.read(parts)


def _type(node: Node) -> CredentialType:
    """An achievement is a badge unless it says what more it is."""
    told = node.word("achievementType")
    if told is not None and told not in _TYPES:
        node.aside("is no type of credential that we know; it is a badge", "achievementType")
    return _TYPES.get(str(told), "Badge")


def _issuer(creator: Node) -> dict[str, Any] | None:
    if creator.id is None:
        return None
    name = text(creator, "name")
    if name is None:
        detail = f"{creator.id} is not named in the document; its id stands for its name"
        creator.notes.missing("an organisation's name", detail, creator.pointer)
    return {"id": creator.id, "name": name or creator.id}


def _criteria_url(node: Node) -> str | None:
    for criteria in node.nodes("criteria", nowhere):
        id = criteria.id
        return id if id is not None and id.startswith(("http://", "https://")) else None
    return None


def _image(node: Node) -> str | None:
    for image in node.nodes("image", nowhere):
        address = image.id or ""
        if address.startswith(("http://", "https://")):
            return address
        image.aside("is no web address")
    return None


def _aligned(node: Node) -> tuple[list[dict[str, Any]], list[str]]:
    """Skills and occupations of alignments that say by their type or framework which they are."""
    skills: list[dict[str, Any]] = []
    occupations: list[str] = []
    for each in node.nodes("alignment"):
        target, notation = each.word("targetUrl"), each.word("targetCode")
        framework, type = each.word("targetFramework"), each.word("targetType")
        id = occupation_id(target, notation, framework)
        if id and (id.startswith(("onet:", f"{_ESCO}occupation/")) or type == "ceterms:Occupation"):
            occupations.append(id)
        elif id and (type in _SKILLS or id.startswith(f"{_ESCO}skill/")):
            skills.append({"id": id})
        else:
            each.aside("does not say that it is a skill or an occupation")
            continue
        for own in ("targetName", "targetDescription"):
            each.take(own)
    return skills, list(dict.fromkeys(occupations))
