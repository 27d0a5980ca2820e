"""A document's object, read term by term: what nobody takes is kept aside with its place, never guessed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from libs.common.errors import Fault

Find = Callable[[str], Mapping[str, Any] | None]
"""An object of the document by its id."""


def nowhere(_id: str) -> None:
    """Finds nothing: the ids themselves are what is wanted."""


_NO_STATEMENT = frozenset({"@id", "@type", "id", "type", "@context"})


class Note(NamedTuple):
    """What a document says that the catalog does not keep, or, `missing`, what it should say and does not.

    pointer: a JSON pointer within the object that is read; detail: why; value: what stood there, or the
    name of what is missing.
    """

    pointer: str
    detail: str
    value: Any = None
    missing: bool = False


class Reading(NamedTuple):
    """What an object says: `parts` is a flat record (contracts.md's snapshot with its ids); it is whole
    only if `faults` is empty. `speaks`: the fields that the format can say, so that an absent one is none."""

    parts: dict[str, Any]
    speaks: frozenset[str]
    notes: list[Note]
    faults: list[Fault]


class Notes:
    """What was found beside the record."""

    def __init__(self) -> None:
        self.notes: list[Note] = []
        self.faults: list[Fault] = []
        self._nodes: dict[str, Node] = {}

    def node(self, data: Mapping[str, Any], pointer: str = "") -> "Node":
        """An object all of whose terms count: those nobody takes are kept aside at the end."""
        return self._nodes.setdefault(pointer, Node(data, pointer, self))

    def aside(self, pointer: str, detail: str, value: Any) -> None:
        self.notes.append(Note(pointer, detail, value))

    def missing(self, what: str, detail: str, pointer: str = "") -> None:
        self.notes.append(Note(pointer, detail, what, missing=True))

    def bad(self, pointer: str, detail: str) -> None:
        self.faults.append(Fault(pointer, detail))

    def read(self, parts: dict[str, Any]) -> Reading:
        """The end: absent parts are left out."""
        for node in self._nodes.values():
            for term in node.untaken():
                self.aside(node.at(term), "is no term of our record", node.data[term])
        told = {name: part for name, part in parts.items() if part not in (None, [], {})}
        return Reading(told, frozenset(parts), _once(self.notes), _once(self.faults))


def _once(things: list[Any]) -> list[Any]:
    return [each for place, each in enumerate(things) if each not in things[:place]]


class Node:
    """An object and where it stands. Taking a term says that it is understood."""

    def __init__(self, data: Mapping[str, Any], pointer: str, notes: Notes) -> None:
        self.data, self.pointer, self.notes = data, pointer, notes
        self._taken: set[str] = set()

    @property
    def id(self) -> str | None:
        id = self.data.get("@id", self.data.get("id"))
        return id if isinstance(id, str) and id else None

    @property
    def types(self) -> list[str]:
        return types_of(self.data)

    def at(self, *steps: str | int) -> str:
        """The pointer of something within."""
        escaped = (str(step).replace("~", "~0").replace("/", "~1") for step in steps)
        return "/".join((self.pointer, *escaped))

    def take(self, term: str) -> Any:
        """A term's value, or None."""
        self._taken.add(term)
        return self.data.get(term)

    def word(self, term: str) -> str | None:
        """A term's text, as it stands; what is none is bad."""
        value = self.take(term)
        if value is not None and not isinstance(value, str):
            self.notes.bad(self.at(term), "is no text")
            return None
        return value or None

    def takes(self, term: str) -> list[Any]:
        """A term's values: JSON-LD writes one alone or in a list."""
        return listed(self.take(term))

    def aside(self, detail: str, *terms: str) -> None:
        """Keeps aside what these terms say, or the whole object."""
        for term in terms:
            self.notes.aside(self.at(term), detail, self.data.get(term))
            self._taken.add(term)
        if not terms:
            self.notes.aside(self.pointer, detail, self.data)
            self._taken.update(self.data)

    def untaken(self) -> Iterator[str]:
        return (term for term in self.data if term not in self._taken | _NO_STATEMENT)

    def nodes(self, term: str, find: Find | None = None) -> list["Node"]:
        """The objects of a term: those within, and, by `find`, those it names, of which only the id is
        known where the document does not have them. Others than objects and ids are bad."""
        found = []
        for place, value in enumerate(self.takes(term)):
            pointer = self.at(term, place) if isinstance(self.data[term], list) else self.at(term)
            if isinstance(value, Mapping) and set(value) - {"@id", "id"}:
                found.append(self.notes.node(value, pointer))
            elif (id := _named(value)) is not None and find is not None:
                # Another object's further terms are no statements of this one.
                other = find(id)
                found.append(Node({"@id": id} if other is None else other, pointer, self.notes))
            else:
                self.notes.bad(
                    pointer, "is no object" if find is None else "is no object and no id"
                )
        return found


def _named(value: Any) -> str | None:
    id = value.get("@id", value.get("id")) if isinstance(value, Mapping) else value
    return id if isinstance(id, str) and id else None


def types_of(data: Mapping[str, Any]) -> list[str]:
    """The classes of an object."""
    types = listed(data.get("@type", data.get("type")))
    return [type for type in types if isinstance(type, str)]


def listed(value: Any) -> list[Any]:
    """One or several as a list; null is none."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def checked_url(node: Node, term: str) -> str | None:
    """The first address of a term; others, and what is no web address, are kept aside."""
    values: Sequence[Any] = node.takes(term)
    for place, value in enumerate(values):
        if place or not (
            isinstance(value, str) and value.lower().startswith(("http://", "https://"))
        ):
            node.notes.aside(node.at(term), "is not the one web address that is kept", value)
    first = values[0] if values else None
    is_address = isinstance(first, str) and first.lower().startswith(("http://", "https://"))
    return first if is_address else None
