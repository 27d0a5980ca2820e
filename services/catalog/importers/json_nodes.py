"""JSON documents of any size as their objects, one in memory at a time.

A file holds one document, several one after another (JSON lines), or an array of them.
"""

import zlib
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, NamedTuple

import ijson
from ijson.common import ObjectBuilder

from libs.common.errors import Fault
from services.catalog.domain.records import Rejected, Working

DEEPEST = 100
MOST_VALUES = 200_000
VALUES_A_TICK = 10_000


class Found(NamedTuple):
    """An object: the `document`-th of the file, from 1, and its pointer there. `lists`: whether it stood
    around objects of lists that were read one by one, and is without them."""

    document: int
    pointer: str
    data: dict[str, Any]
    lists: bool = False


class _Builder:
    """An object as it comes in; it forgets one that is too deep or too large."""

    def __init__(self, pointer: str) -> None:
        self.pointer, self.depth, self.values, self.lists = pointer, 0, 0, False
        self.refused: str | None = None
        self._builder = ObjectBuilder()

    def take(self, event: str, value: Any) -> bool:
        """Whether the object is complete."""
        self.values += 1
        self.depth += {"start": 1, "end": -1}.get(event.partition("_")[0], 0)
        if self.depth > DEEPEST:
            self.refused = f"is nested more than {DEEPEST} deep"
        elif self.values > MOST_VALUES:
            self.refused = f"has more than {MOST_VALUES} values"
        if self.refused is None:
            self._builder.event(event, value)
        else:
            self._builder = ObjectBuilder()
        return self.depth == 0

    def made(self, document: int) -> Found | Rejected:
        if self.refused is not None:
            return Rejected(document, (Fault(self.pointer, self.refused),))
        return Found(document, self.pointer, self._builder.value, self.lists)


def read(stream: BinaryIO, lists: Sequence[str] = ()) -> Iterator[Found | Rejected | Working]:
    """The objects of documents; those in a document's `lists` (`@graph`) one by one, before the rest of it."""
    reader = _Reader(lists)
    try:
        events = ijson.parse(stream, multiple_values=True)
        for count, (prefix, event, value) in enumerate(events):
            if count % VALUES_A_TICK == 0:
                yield Working()
            yield from reader.take(prefix, event, value)
    except (ijson.JSONError, OSError, EOFError, zlib.error, UnicodeDecodeError) as broken:
        detail = " ".join(str(broken).split())[:200] or "it ends too early"
        yield Rejected(
            reader.document, (Fault(reader.place, f"the file cannot be read on: {detail}"),)
        )


class _Reader:
    def __init__(self, lists: Sequence[str]) -> None:
        self.document, self.place = 1, ""
        self._lists = lists
        self._outer: _Builder | None = None
        self._inner: _Builder | None = None
        self._array, self._inside = -1, -1
        self._list: str | None = None

    def take(self, prefix: str, event: str, value: Any) -> Iterator[Found | Rejected]:
        if self._inner is not None:
            if self._inner.take(event, value):
                yield self._inner.made(self.document)
                self._inner = None
        elif self._outer is None:
            yield from self._top(prefix, event, value)
        elif self._list is not None:
            yield from self._in_list(event, value)
        elif event == "map_key" and self._outer.depth == 1 and value in self._lists:
            self._list, self._inside, self._outer.lists = value, -1, True
        elif self._outer.take(event, value):
            yield self._outer.made(self.document)
            self._outer = None
            if self._array < 0:
                self.document += 1

    def _top(self, prefix: str, event: str, value: Any) -> Iterator[Found | Rejected]:
        if prefix == "" and event == "start_array":
            self._array, self.place = 0, "/0"
        elif prefix == "" and event == "end_array":
            self._array, self.place = -1, ""
            self.document += 1
        elif event == "start_map":
            self.place = f"/{self._array}" if self._array >= 0 else ""
            self._array += self._array >= 0
            self._outer = _Builder(self.place)
            self._outer.take(event, value)
        else:
            self._inner = _no_object(self.place, event, value)
            if self._inner is None:
                yield Rejected(self.document, (Fault(self.place, "is no object"),))

    def _in_list(self, event: str, value: Any) -> Iterator[Found | Rejected]:
        assert self._outer is not None
        if event == "start_array" and self._inside < 0:
            self._inside = 0
            return
        if event == "end_array":
            self._list = None
            return
        alone = self._inside < 0
        pointer = f"{self._outer.pointer}/{self._list}" + ("" if alone else f"/{self._inside}")
        self._inside += not alone
        if alone:
            self._list = None
        self.place = pointer
        if event in ("start_map", "start_array"):
            self._inner = _Builder(pointer)
            if event == "start_array":
                self._inner.refused = "is no object"
            self._inner.take(event, value)
        elif value is not None:
            yield Rejected(self.document, (Fault(pointer, "is no object"),))


def _no_object(pointer: str, event: str, value: Any) -> "_Builder | None":
    if event != "start_array":
        return None
    made = _Builder(pointer)
    made.refused = "is no object"
    made.take(event, value)
    return made
