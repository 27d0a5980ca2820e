"""A name given twice in one JSON object: readers disagree on which counts, so neither does."""

import json
import re
from typing import Any

_STRINGS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"')


def repeated(body: bytes, value: Any) -> str | None:
    """A name that an object of valid JSON has twice; `value` is what was decoded.

    Every member has one colon outside strings, and of members with one name only one was decoded.
    """
    if body.count(b":") == (members := _members(value)):
        return None
    if _STRINGS.sub(b"", body).count(b":") == members:
        return None
    return _find(body)


def _members(value: Any) -> int:
    count, level = 0, [value]
    while level:
        part = level.pop()
        if isinstance(part, dict):
            count += len(part)
            level += part.values()
        elif isinstance(part, list):
            level += part
    return count


def _find(body: bytes) -> str | None:
    found: list[str] = []

    def members(pairs: list[tuple[str, Any]]) -> None:
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                found.append(name)
            seen.add(name)

    json.loads(body, object_pairs_hook=members)
    return found[0] if found else None
