"""Records of bulk files: what one line says, or why it says nothing."""

from functools import cache
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from libs.common.contracts.catalog import MedianWage
from libs.common.errors import Fault
from services.catalog.domain.kinds import Body, Kind, body_of


class Record(NamedTuple):
    """A snapshot to publish. `line` is where it begins in its file, from 1.

    sets: the fields that the source speaks of; a stored snapshot keeps its others. Empty: all.
    """

    line: int
    kind: Kind
    key: str
    body: Body
    sets: frozenset[str] = frozenset()


class Wage(NamedTuple):
    """The wage of every occupation that the catalog has under an OEWS code."""

    line: int
    code: str
    title: str
    wage: MedianWage


class Rejected(NamedTuple):
    """A record that is not taken, with all that is wrong with it. `file` where a source has several."""

    line: int
    faults: tuple[Fault, ...]
    file: str = ""


class LeftOut(NamedTuple):
    """Rows that are well formed and not for the catalog."""

    why: str
    rows: int = 1


class Noted(NamedTuple):
    """What a document says beside a record: `missing`, what it should say and does not, else what it says
    and we do not keep (`value`). `pointer` is its place in the document that is the file's `line`-th."""

    line: int
    of: str
    pointer: str
    detail: str
    value: Any = None
    missing: bool = False


class Working(NamedTuple):
    """Nothing yet: the source is still being read."""


Item = Record | Wage | Rejected | LeftOut | Noted
"""What a bulk file holds."""


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


def merged(record: Record, stored: Body | None) -> Body:
    """The body to store: the record's, with what its source does not speak of as it is stored."""
    if stored is None or not record.sets:
        return record.body
    told = {name: getattr(record.body, name) for name in record.sets}
    body: Body = msgspec.structs.replace(stored, **told)
    return body
