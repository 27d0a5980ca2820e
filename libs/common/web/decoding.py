"""JSON of a stranger as a Struct, or a refusal that points at every fault found."""

from functools import cache
from itertools import chain, islice
from typing import Any, TypeVar

import msgspec

from libs.common.errors import Fault, InvalidRequest
from libs.common.web import pointers
from libs.common.web.duplicates import repeated
from libs.common.web.shapes import shape_of, unknown_fields
from libs.common.web.unstorable import unstorable

T = TypeVar("T")

MAX_DEPTH = 64
MAX_FAULTS = 50


def decode(body: bytes, kind: type[T], *, what: str = "body") -> T:
    """Raises InvalidRequest: not JSON, not UTF-8, deeper than 64, a name twice in one object,
    unknown fields, a fault of type, or what cannot be stored (see `unstorable`). `what` is how the refusal calls the document."""
    if not body:
        raise InvalidRequest(f"The {what} is empty; JSON is expected.")
    value = _parse(body, what)
    if _may_be_deep(body) and _depth(value) > MAX_DEPTH:
        raise _too_deep(what)
    if (name := repeated(body, value)) is not None:
        raise InvalidRequest(f"The {what} gives {name!r} more than once.")
    wanted: Any = kind
    found = list(
        islice(chain(unknown_fields(value, shape_of(wanted)), unstorable(body, value)), MAX_FAULTS)
    )
    try:
        decoded: T = _decoder(wanted).decode(body)
    except msgspec.ValidationError as invalid:
        found.append(pointers.fault(str(invalid)))
    if found:
        raise InvalidRequest(_summary(found, what), faults=found)
    return decoded


def _parse(body: bytes, what: str) -> Any:
    try:
        return msgspec.json.decode(body)
    except RecursionError as deep:
        raise _too_deep(what) from deep
    except (msgspec.DecodeError, UnicodeDecodeError) as malformed:
        raise InvalidRequest(f"The {what} is not JSON in UTF-8: {malformed}") from malformed


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def _too_deep(what: str) -> InvalidRequest:
    return InvalidRequest(f"The {what} is nested more than {MAX_DEPTH} deep.")


def _may_be_deep(body: bytes) -> bool:
    return body.count(b"[") + body.count(b"{") > MAX_DEPTH


def _depth(value: Any) -> int:
    """How many arrays and objects stand inside each other, at most MAX_DEPTH + 1."""
    depth, level = 0, [value]
    while depth <= MAX_DEPTH and (
        level := [part for part in level if isinstance(part, dict | list)]
    ):
        depth += 1
        level = [
            inner for part in level for inner in (part.values() if isinstance(part, dict) else part)
        ]
    return depth


def _summary(faults: list[Fault], what: str) -> str:
    first = faults[0]
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return f"{first.pointer or f'The {what}'}: {first.detail}{more}"
