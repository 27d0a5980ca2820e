"""What JSON can say and our stores cannot: found before it becomes a failure far from its cause."""

import re
from collections.abc import Iterator
from typing import Any

from libs.common.errors import Fault
from libs.common.web.pointers import step

LARGEST_INTEGER = 2**53
_SUSPICIOUS = re.compile(rb'\\u0000|[0-9]{16}|"(?:0001|9999)-')
_EDGE_MOMENT = re.compile(r"(?:0001|9999)-\d\d-\d\d[Tt ]\d\d:\d\d")


def unstorable(body: bytes, value: Any) -> Iterator[Fault]:
    """Faults of a decoded body: a NUL in a string (PostgreSQL has none), an integer beyond 2**53
    (MessagePack and JavaScript lose it), a moment that leaves the calendar in another time zone."""
    return _in(value, "") if _SUSPICIOUS.search(body) else iter(())


def _in(value: Any, pointer: str) -> Iterator[Fault]:
    match value:
        case str():
            yield from _in_text(value, pointer)
        case int() if abs(value) > LARGEST_INTEGER:
            yield Fault(pointer, "an integer is at most 2**53")
        case list():
            for index, item in enumerate(value):
                yield from _in(item, step(pointer, index))
        case dict():
            for name, member in value.items():
                yield from _in_text(name, pointer)
                yield from _in(member, step(pointer, name))


def _in_text(text: str, pointer: str) -> Iterator[Fault]:
    if "\0" in text:
        yield Fault(pointer, "a NUL character is not allowed")
    elif _EDGE_MOMENT.match(text):
        yield Fault(pointer, "a moment is in the years 2 to 9998")
