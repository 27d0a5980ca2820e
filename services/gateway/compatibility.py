"""Which changes of the API's document break a partner who was served the old one.

What a partner sends may be taken more freely, what a partner gets may say more: a path, a method, a status or a
field of an answer must not go, a field or parameter of a request must not become required or go (unknown ones are
refused), and what is allowed in either must not change against them. Values that are enumerated in an answer stay the same: a client
may wait for one, or know no other.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

Document = Mapping[str, Any]
Schema = Mapping[str, Any]
Direction = Literal["sent", "got"]
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
_ABSENT: Schema = {}


def breaking(old: Document, new: Document) -> list[str]:
    """What would break someone, as `GET /path: what`; empty when the change is only additive."""
    return list(_Comparison(old, new).faults())


class _Comparison:
    """Walks both documents side by side; a type that holds itself is compared once for each direction."""

    def __init__(self, old: Document, new: Document) -> None:
        self._old, self._new = old, new
        self._seen: set[tuple[str, str, Direction]] = set()

    def faults(self) -> Iterator[str]:
        for path, methods in self._old["paths"].items():
            for method, before in methods.items():
                after = self._new["paths"].get(path, {}).get(method)
                name = f"{method.upper()} {path}"
                if after is None:
                    yield f"{name}: has gone"
                else:
                    yield from self._operation(name, before, after)

    def _operation(self, name: str, old: Schema, new: Schema) -> Iterator[str]:
        for scheme in old["security"]:
            if scheme not in new["security"] and new["security"]:
                yield f"{name}: {', '.join(scheme)} is no longer enough"
        if not old["security"] and new["security"]:
            yield f"{name}: needs a key now"
        yield from self._parameters(name, old["parameters"], new["parameters"])
        yield from self._body(name, old.get("requestBody"), new.get("requestBody"))
        for status, before in old["responses"].items():
            if status not in new["responses"]:
                yield f"{name} {status}: has gone"
            else:
                after = new["responses"][status].get("content", {})
                yield from self._content(
                    f"{name} {status}", before.get("content", {}), after, "got"
                )

    def _parameters(self, name: str, old: Any, new: Any) -> Iterator[str]:
        before = {(each["in"], each["name"]): each for each in old}
        after = {(each["in"], each["name"]): each for each in new}
        for key, parameter in before.items():
            place = f"{name} {key[0]} {key[1]}"
            if key not in after:
                yield f"{place}: has gone"
            else:
                yield from self._schema(place, parameter["schema"], after[key]["schema"], "sent")
        for key, parameter in after.items():
            required_before = key in before and before[key].get("required", False)
            if parameter.get("required", False) and not required_before:
                yield f"{name} {key[0]} {key[1]}: is required now"

    def _body(self, name: str, old: Schema | None, new: Schema | None) -> Iterator[str]:
        if old is None or new is None:
            if old is not None:
                yield f"{name} body: has gone"
            elif new is not None and new.get("required", False):
                yield f"{name} body: is required now"
            return
        yield from self._content(f"{name} body", old["content"], new["content"], "sent")

    def _content(self, name: str, old: Schema, new: Schema, direction: Direction) -> Iterator[str]:
        for media, content in old.items():
            if media not in new:
                yield f"{name}: {media} has gone"
            else:
                yield from self._schema(name, content["schema"], new[media]["schema"], direction)

    def _schema(self, name: str, old: Schema, new: Schema, direction: Direction) -> Iterator[str]:
        pair = (str(old.get("$ref")), str(new.get("$ref")), direction)
        if "$ref" in old and "$ref" in new:
            if pair in self._seen:
                return
            self._seen.add(pair)
        old, new = _resolved(old, self._old), _resolved(new, self._new)
        if "anyOf" in old or "anyOf" in new:
            yield from self._alternatives(name, old, new, direction)
            return
        yield from _values(name, old, new, direction)
        yield from self._fields(name, old, new, direction)
        for part in ("items", "additionalProperties"):
            before, after = old.get(part), new.get(part)
            if isinstance(before, Mapping) and isinstance(after, Mapping):
                yield from self._schema(f"{name}[]", before, after, direction)

    def _alternatives(self, name: str, old: Schema, new: Schema, way: Direction) -> Iterator[str]:
        """Of what is sent, each old alternative has to fit a new one; of what is got, the other way round."""
        before, after = list(old.get("anyOf", [old])), list(new.get("anyOf", [new]))
        for each in before if way == "sent" else after:
            others = after if way == "sent" else before
            if not any(self._fits(each, other, way) for other in others):
                yield f"{name}: {_shown(each)} is {'refused' if way == 'sent' else 'answered'} now"

    def _fits(self, each: Schema, other: Schema, way: Direction) -> bool:
        old, new = (each, other) if way == "sent" else (other, each)
        seen = set(self._seen)
        fits = not any(self._schema("", old, new, way))
        if not fits:
            self._seen = seen
        return fits

    def _fields(self, name: str, old: Schema, new: Schema, way: Direction) -> Iterator[str]:
        before, after = old.get("properties", _ABSENT), new.get("properties", _ABSENT)
        for field, schema in before.items():
            if field not in after:
                yield f"{name}.{field}: has gone"
            else:
                yield from self._schema(f"{name}.{field}", schema, after[field], way)
        required = set(old.get("required", ())), set(new.get("required", ()))
        if way == "sent":
            yield from (f"{name}.{f}: is required now" for f in sorted(required[1] - required[0]))
        else:
            gone = sorted(f for f in required[0] - required[1] if f in after)
            yield from (f"{name}.{f}: may be absent now" for f in gone)


def _values(name: str, old: Schema, new: Schema, way: Direction) -> Iterator[str]:
    """What of the values themselves is narrower for who sends, or wider for who gets."""
    wide, narrow = (old, new) if way == "sent" else (new, old)
    if not _types(wide) <= _types(narrow):
        yield f"{name}: {_shown(old)} became {_shown(new)}"
    gone = "enum" in old and "enum" in new and set(old["enum"]) - set(new["enum"])
    if ("enum" in narrow and not set(_enum(wide)) <= set(narrow["enum"])) or gone:
        yield f"{name}: {_shown(old)} became {_shown(new)}"
    if way == "got":
        return
    for bound, tighter in [*((b, 1) for b in _LOWER), *((b, -1) for b in _UPPER)]:
        if bound in new and (bound not in old or (new[bound] - old[bound]) * tighter > 0):
            yield f"{name}: {bound} became {new[bound]}"
    for exact in ("pattern", "format"):
        if exact in new and new[exact] != old.get(exact):
            yield f"{name}: {exact} became {new[exact]}"


def _types(schema: Schema) -> set[str]:
    """The JSON types allowed; an integer is a number, and any is what names none."""
    named = schema.get("type", [])
    types = {named} if isinstance(named, str) else set(named)
    if not types and "enum" in schema:
        types = {_type_of(value) for value in schema["enum"]}
    if not types:
        types = {"array", "boolean", "null", "number", "object", "string"}
    return types | {"integer"} if "number" in types else types


def _type_of(value: Any) -> str:
    names = {str: "string", bool: "boolean", int: "integer", float: "number"}
    return names.get(type(value), "null")


def _enum(schema: Schema) -> list[Any]:
    """The values of an enumeration; of anything else one that none has."""
    return list(schema["enum"]) if "enum" in schema else [object]


def _resolved(schema: Schema, document: Document) -> Schema:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    return schema


def _shown(schema: Schema) -> str:
    return str(schema.get("enum") or schema.get("$ref") or schema.get("type") or "anything")
