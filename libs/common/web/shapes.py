"""Which fields a body may have, at every depth, read from msgspec's type information.

Contract Structs are lenient because events may grow; a request with an unknown field is refused,
since a misspelt constraint that is ignored gives a wrong answer.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from msgspec import Struct, inspect

from libs.common.errors import Fault
from libs.common.web.pointers import step


class Shape(Struct, frozen=True):
    """What is known inside a value: the fields of an object, or one shape for all members."""

    fields: dict[str, "Shape | None"] | None = None
    values: "Shape | None" = None
    items: "Shape | None" = None
    tagged: tuple[str, dict[Any, "Shape | None"]] | None = None


@cache
def shape_of(kind: Any) -> Shape | None:
    """The shape of a type; None where nothing inside can be unknown."""
    return _shape(inspect.type_info(kind))


def unknown_fields(value: Any, shape: Shape | None, pointer: str = "") -> Iterator[Fault]:
    """A fault for every field of the decoded JSON `value` that its type does not have."""
    if shape is None:
        return
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from unknown_fields(item, shape.items, step(pointer, index))
    elif isinstance(value, dict):
        yield from _of_object(value, shape, pointer)


def _of_object(value: Mapping[str, Any], shape: Shape, pointer: str) -> Iterator[Fault]:
    if shape.tagged is not None:
        field, members = shape.tagged
        yield from unknown_fields(value, members.get(value.get(field)), pointer)
        return
    for name, member in value.items():
        if shape.fields is None:
            yield from unknown_fields(member, shape.values, step(pointer, name))
        elif name in shape.fields:
            yield from unknown_fields(member, shape.fields[name], step(pointer, name))
        else:
            yield Fault(step(pointer, name), "unknown field")


def _shape(kind: inspect.Type) -> Shape | None:
    match kind:
        case inspect.Metadata():
            return _shape(kind.type)
        case inspect.StructType() | inspect.TypedDictType() | inspect.DataclassType():
            fields = {field.encode_name: _shape(field.type) for field in kind.fields}
            tag = getattr(kind, "tag_field", None)
            return Shape(fields={**fields, tag: None} if tag else fields)
        case inspect.CollectionType():
            return _wrap(items=_shape(kind.item_type))
        case inspect.DictType():
            return _wrap(values=_shape(kind.value_type))
        case inspect.UnionType():
            return _union(kind.types)
    return None


def _wrap(*, items: Shape | None = None, values: Shape | None = None) -> Shape | None:
    return None if items is None and values is None else Shape(items=items, values=values)


def _union(kinds: tuple[inspect.Type, ...]) -> Shape | None:
    """At most one member may be an object and one an array, unless they are tagged Structs."""
    tagged = [kind for kind in kinds if isinstance(kind, inspect.StructType) and kind.tag_field]
    shapes = [shape for kind in kinds if kind not in tagged and (shape := _shape(kind))]
    items = next((shape.items for shape in shapes if shape.items), None)
    if tagged:
        members = {kind.tag: _shape(kind) for kind in tagged}
        return Shape(items=items, tagged=(str(tagged[0].tag_field), members))
    fields = next((shape.fields for shape in shapes if shape.fields is not None), None)
    values = next((shape.values for shape in shapes if shape.values), None)
    known = fields is not None or items is not None or values is not None
    return Shape(fields=fields, values=values, items=items) if known else None
