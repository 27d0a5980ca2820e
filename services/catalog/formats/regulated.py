"""Regulated professions in the shape of the UK's register, as regulations.

Source: the Regulated Professions Register's professions (name, organisations, versions). The register knows
occupations by its own names and UK SOC, which is not ours: `occupations`, the catalog's ids, has to be added
to a profession. What the register does not speak of stays unknown: nothing here says `not_regulated`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from services.catalog.formats.notes import Node, Notes, Reading, nowhere
from services.catalog.formats.values import text

_NATIONS = {"GB-ENG", "GB-NIR", "GB-SCT", "GB-WLS"}
_TYPES = {"licensing", "certification", "accreditation"}
_BY_LAW = {"licensing", "certification"}


def is_live(data: Mapping[str, Any]) -> bool:
    """Whether a profession has a published version: drafts and archived ones say nothing yet, or no more."""
    return _live(data) is not None


def _live(data: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
    versions = data.get("versions")
    if not isinstance(versions, list):
        return "", data
    for place in reversed(range(len(versions))):
        version = versions[place]
        if isinstance(version, Mapping) and version.get("status", "live") == "live":
            return f"/versions/{place}", version
    return None


def is_by_law(data: Mapping[str, Any]) -> bool:
    """Whether the law asks for it: by a licence, a protected title or mandatory registration (Directive
    2005/36/EC Art. 3(1)(a)). A voluntary register proves neither that, nor that the law does not."""
    live = _live(data)
    if live is None:
        return False
    version = live[1]
    kind = str(version.get("regulationType", "")).lower()
    return kind in _BY_LAW or version.get("mandatoryRegistration") == "mandatory"


def read_all(data: Mapping[str, Any]) -> Iterator[Reading]:
    """A regulation for each occupation and place; all four nations are the United Kingdom. The first
    carries the notes."""
    live = _live(data)
    if live is None:
        return
    pointer, version = live
    notes = Notes()
    outer, node = notes.node(data), notes.node(version, pointer)
    for done in ("versions", "status", "slug", "confirmed"):
        outer.take(done)
        node.take(done)
    occupations = _occupations(outer, node)
    places = [str(each) for each in node.takes("occupationLocations")]
    if not occupations:
        detail = "is missing: the register names no occupation of the catalog; add the ids that it is about"
        notes.bad("/occupations", detail)
    if not places:
        notes.bad(
            node.at("occupationLocations"), "is missing: no regulation without where it holds"
        )
    common = {**_common(outer, node), "source": text(node, "regulationUrl") or text(outer, "name")}
    if set(places) >= _NATIONS:
        places = ["GB", *(place for place in places if place not in _NATIONS)]
    if notes.faults:
        yield notes.read(common)
        return
    first = notes.read({})
    for at, (occupation, place) in enumerate((o, p) for o in occupations for p in places):
        told = {"occupation": occupation, "jurisdiction": place, **common}
        parts = {name: part for name, part in told.items() if part not in (None, [], {})}
        yield Reading(parts, frozenset(told), [] if at else first.notes, [])


def _occupations(outer: Node, node: Node) -> list[str]:
    values = [
        *outer.takes("occupations"),
        *(node.takes("occupations") if node is not outer else []),
    ]
    return list(dict.fromkeys(each for each in values if isinstance(each, str) and each))


def _common(outer: Node, node: Node) -> dict[str, Any]:
    kind = text(node, "regulationType")
    if kind is not None and kind.lower() not in _TYPES:
        node.aside("is no type of regulation that we know", "regulationType")
    node.take("mandatoryRegistration")
    return {
        "status": "regulated",
        "type": kind.lower() if kind is not None and kind.lower() in _TYPES else None,
        "reserved_activities": _lines(node, "reservedActivities"),
        "protected_titles": _lines(node, "protectedTitles"),
        "regulator": _regulator(outer, node),
        "legislation": _legislation(node),
    }


def _lines(node: Node, term: str) -> list[str]:
    """A text with one a line, or a list of them."""
    values = node.takes(term)
    if not all(isinstance(each, str) for each in values):
        node.notes.bad(node.at(term), "is no text")
        return []
    return [line.strip() for each in values for line in each.splitlines() if line.strip()]


def _legislation(node: Node) -> list[str]:
    """Names of acts, with their address where it is given."""
    found = []
    for term in ("legislations", "legislation"):
        for each in node.takes(term):
            act = each if isinstance(each, Mapping) else {"name": each}
            named = [str(act[part]) for part in ("name", "url") if act.get(part)]
            found.append(" ".join(named))
    return [each for each in dict.fromkeys(found) if each]


def _regulator(outer: Node, node: Node) -> dict[str, Any] | None:
    """The primary regulator; others are kept aside."""
    bodies = outer.nodes("organisations", nowhere)
    by_role = sorted(bodies, key=lambda each: each.data.get("role") != "primaryRegulator")
    for other in by_role[1:]:
        other.aside("is another regulator than the one that is kept")
    if by_role:
        name = text(by_role[0], "name") or by_role[0].id
        url = by_role[0].take("url")
        by_role[0].take("role")
    else:
        name, url = text(outer, "organisation") or text(node, "organisation"), None
    if name is None:
        return None
    return {"name": name, **({"url": url} if isinstance(url, str) and url else {})}
