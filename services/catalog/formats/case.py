"""CASE frameworks as skills. Source: 1EdTech Competencies and Academic Standards Exchange 1.0 and 1.1.

A skill's id is its item's URI, which other documents align to. The statement is its name, and its
abbreviated form, where there is one, an alias.
"""

from collections.abc import Mapping
from typing import Any

from services.catalog.formats.notes import Notes, Reading
from services.catalog.formats.values import text

LISTS = ("CFItems", "CFAssociations", "CFRubrics")
_LONGEST_NAME = 1_000
_KINDS = {"skill": "skill", "knowledge": "knowledge", "tool": "tool", "competency": "skill"}


def is_item(data: Mapping[str, Any]) -> bool:
    """Whether an object is a competency, not a document, an association or a rubric."""
    return "fullStatement" in data or ("CFItemType" in data and "identifier" in data)


def read(data: Mapping[str, Any]) -> Reading:
    """A skill of a CFItem; `identifier` stands in where a URI is missing."""
    notes = Notes()
    node = notes.node(data)
    statement, short = text(node, "fullStatement"), text(node, "abbreviatedStatement")
    uri, identifier = node.word("uri"), node.word("identifier")
    if uri is None:
        notes.missing("uri", "is required of a CASE item; its identifier stands for it")
    name = short if statement is not None and len(statement) > _LONGEST_NAME else statement
    if name is None:
        notes.bad("/fullStatement", "is missing, or too long for a name and not abbreviated")
    kind = node.take("CFItemType")
    if kind is not None and str(kind).lower() not in _KINDS:
        node.aside("is no kind of skill that we know", "CFItemType")
    parts: dict[str, Any] = {
        "id": uri or identifier,
        "name": name,
        "aliases": [short] if short and short != name else [],
        "kind": _KINDS.get(str(kind).lower()),
    }
    if not parts["id"]:
        notes.bad("/uri", "is missing, and the identifier too: no skill without an id")
    return notes.read(parts)
