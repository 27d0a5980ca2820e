"""Cells of a CSV row as the JSON of a record, by the types of its fields.

`issuer.name` is a field of an object. A list has its values in one cell, separated by `|`; the
fields of a list of objects are parallel columns (`cost.amount`, `cost.currency`), where an empty
value is an absent field, and the column of the list itself (`skills`) is that of its ids. A list
inside a list is separated by `;`. An empty cell is an absent field.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from msgspec import Struct, inspect

SEPARATORS = ("|", ";")
_NUMBER = re.compile(r"^-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][+-]?[0-9]+)?$")  # JSON's
_TRUE, _FALSE = ("true", "yes", "1"), ("false", "no", "0")


class UnknownColumn(ValueError):
    """A column that names no field, or one named twice."""


class UnevenLists(ValueError):
    """Parallel columns of one list with different numbers of values."""

    def __init__(self, pointer: str, counts: tuple[int, int]) -> None:
        super().__init__(f"has columns of {counts[0]} and of {counts[1]} values")
        self.pointer = pointer


Cell = Callable[[str], Any]


class Columns:
    """The columns of one file, in order. Raises UnknownColumn."""

    def __init__(self, record: type[Struct], header: Sequence[str]) -> None:
        names = [name.strip() for name in header]
        twice = {name for name in names if names.count(name) > 1 or f"{name}.id" in names}
        if twice:
            raise UnknownColumn(f"the header names {min(twice)!r} twice")
        shape = inspect.type_info(record)
        self._cells = [_cell(shape, name.split("."), name, SEPARATORS) for name in names]

    def tree(self, row: Sequence[str]) -> dict[str, Any]:
        """The record as JSON values. Raises UnevenLists."""
        if len(row) != len(self._cells):
            raise UnevenLists("", (len(self._cells), len(row)))
        whole: dict[str, Any] = {}
        for cell, text in zip(self._cells, row, strict=True):
            if text.strip():
                whole = _merged(whole, cell(text.strip()), "")
        return whole


def _cell(kind: inspect.Type, path: list[str], column: str, separators: Sequence[str]) -> Cell:
    match _plain(kind):
        case inspect.StructType(fields=fields):
            types = {field.encode_name: field.type for field in fields}
            name, rest = (path[0], path[1:]) if path else ("id", [])
            if name not in types:
                raise UnknownColumn(f"there is no field for the column {column!r}")
            inner = _cell(types[name], rest, column, separators)
            return lambda text: {name: inner(text)} if text else {}
        case inspect.ListType(item_type=item) if separators:
            inner = _cell(item, path, column, separators[1:])
            objects = isinstance(_plain(item), inspect.StructType)
            return lambda text: _values(text, separators[0], inner, keep_empty=objects)
        case leaf if not path:
            return lambda text: _scalar(text, leaf)
    raise UnknownColumn(f"there is no field for the column {column!r}")


def _values(text: str, separator: str, inner: Cell, *, keep_empty: bool) -> list[Any]:
    parts = (part.strip() for part in text.split(separator))
    return [inner(part) for part in parts if part or keep_empty]


def _plain(kind: inspect.Type) -> inspect.Type:
    """The type without constraints and without None."""
    match kind:
        case inspect.Metadata():
            return _plain(kind.type)
        case inspect.UnionType():
            return next(_plain(t) for t in kind.types if not isinstance(t, inspect.NoneType))
    return kind


def _scalar(text: str, kind: inspect.Type) -> Any:
    """What does not read as its type stays text, so that decoding points at it."""
    if isinstance(kind, inspect.BoolType) and text.lower() in _TRUE + _FALSE:
        return text.lower() in _TRUE
    if isinstance(kind, inspect.IntType | inspect.FloatType) and _NUMBER.match(text):
        return msgspec.Raw(text.encode())
    return text


def _merged(one: Any, other: Any, pointer: str) -> Any:
    if isinstance(one, dict):
        merged = dict(one)
        for name, value in other.items():
            place = f"{pointer}/{name}"
            merged[name] = _merged(one[name], value, place) if name in one else value
        return merged
    if len(one) != len(other):
        raise UnevenLists(pointer, (len(one), len(other)))
    pairs = zip(one, other, strict=True)
    return [_merged(a, b, f"{pointer}/{index}") for index, (a, b) in enumerate(pairs)]
