"""Records of bulk files: what one line says, or why it says nothing."""

from functools import cache
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from libs.common.errors import Fault
from services.catalog.domain.kinds import Body, Kind, body_of


class Record(NamedTuple):
    """A snapshot to publish. `line` is where it begins in its file, from 1."""

    line: int
    kind: Kind
    key: str
    body: Body


class Rejected(NamedTuple):
    """A record that is not taken, with all that is wrong with it."""

    line: int
    faults: tuple[Fault, ...]


@cache
def flat_type(kind: Kind) -> type[Struct]:
    """The type of a record that carries its ids beside its body: contracts.md's snapshots without
    `revision` and `updated_at`, which are the server's."""
    ids: list[tuple[str, Any]] = list(kind.ids.items())
    name = f"{kind.name.title()}Record"
    return msgspec.defstruct(name, ids, bases=(kind.body,), frozen=True, kw_only=True)


def record(line: int, kind: Kind, value: Struct) -> Record:
    """A decoded flat record, or snapshot, as a record. Raises InvalidRequest for a bad id."""
    key = kind.key({name: getattr(value, name) for name in kind.ids})
    return Record(line, kind, key, body_of(value, kind))
