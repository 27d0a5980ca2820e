"""JSON Schemas of the contracts, and which changes of one keep every reader and writer working.

A schema may gain optional fields and new definitions. Anything else, such as a field that goes, becomes
required, changes its type or narrows its values, is a new topic.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from libs.common.contracts.topics import TOPICS

Schema = dict[str, Any]


def current() -> dict[str, Schema]:
    """The schema of each event type, by its `ce_type`."""
    return {
        name: msgspec.json.schema(kind) for topic in TOPICS for name, kind in topic.values.items()
    }


def breaking(old: Schema, new: Schema) -> list[str]:
    """What of a change would break someone, as `path: what`; empty when it is only additive."""
    return list(_compare("", _root(old), _root(new), old, new))


def _root(schema: Schema) -> Schema:
    return _resolve(schema, schema)


def _resolve(node: Schema, whole: Schema) -> Schema:
    if "$ref" not in node:
        return node
    found: Schema = whole["$defs"][node["$ref"].rsplit("/", 1)[-1]]
    return found


def _compare(
    path: str, old: Schema, new: Schema, old_all: Schema, new_all: Schema
) -> Iterator[str]:
    old, new = _resolve(old, old_all), _resolve(new, new_all)
    if "properties" in old and "properties" in new:
        yield from _compare_objects(path, old, new, old_all, new_all)
        return
    for part in ("items", "additionalProperties"):
        if isinstance(old.get(part), dict) and isinstance(new.get(part), dict):
            yield from _compare(f"{path}/{part}", old[part], new[part], old_all, new_all)
    if "anyOf" in old and "anyOf" in new and len(old["anyOf"]) == len(new["anyOf"]):
        for number, (before, after) in enumerate(zip(old["anyOf"], new["anyOf"], strict=True)):
            yield from _compare(f"{path}/{number}", before, after, old_all, new_all)
        return
    if _bare(old) != _bare(new):
        yield f"{path or '/'}: {_bare(old)} became {_bare(new)}"


def _compare_objects(
    path: str, old: Schema, new: Schema, old_all: Schema, new_all: Schema
) -> Iterator[str]:
    before, after = old["properties"], new["properties"]
    required_before, required_after = set(old.get("required", ())), set(new.get("required", ()))
    for name in sorted(before.keys() - after.keys()):
        yield f"{path}/{name}: has gone"
    for name in sorted(required_after - required_before):
        yield f"{path}/{name}: is required now"
    for name in sorted(required_before - required_after):
        yield f"{path}/{name}: may be absent now"
    for name in sorted(before.keys() & after.keys()):
        yield from _compare(f"{path}/{name}", before[name], after[name], old_all, new_all)


def _bare(schema: Schema) -> Schema:
    """What of a schema constrains a value by itself."""
    descriptive = {"title", "description", "default", "items", "additionalProperties"}
    return {key: value for key, value in schema.items() if key not in descriptive}
