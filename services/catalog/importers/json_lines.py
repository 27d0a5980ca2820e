"""JSON lines: one flat record each, or the lines of `GET /dump` and `export`."""

import zlib
from collections.abc import Iterator
from typing import BinaryIO

import msgspec
from msgspec import Struct

from libs.common.errors import Fault, InvalidRequest
from libs.common.web.decoding import decode
from services.catalog.domain.kinds import BY_TOPIC, Kind
from services.catalog.domain.records import Record, Rejected, flat_type, record

LONGEST_LINE = 1_000_000
_BOM = b"\xef\xbb\xbf"


class Exported(Struct, frozen=True):
    """A line of a dump."""

    topic: str
    value: msgspec.Raw


def read(stream: BinaryIO, kind: Kind) -> Iterator[Record | Rejected]:
    """Records of `kind`, but for dumped lines, which say their own. Blank lines are skipped."""
    number = 0
    while True:
        number += 1
        try:
            line = _next_line(stream)
        except (OSError, EOFError, zlib.error) as broken:
            yield Rejected(number, (Fault("", f"the file cannot be read on: {broken}"),))
            return
        if line is None:
            return
        if line.strip():
            yield _parsed(number, line, kind)


def _next_line(stream: BinaryIO) -> bytes | None:
    """One line, cut off where it is too long, so that memory stays bounded; None at the end."""
    line = stream.readline(LONGEST_LINE + 1)
    rest = line
    while len(rest) > LONGEST_LINE and not rest.endswith(b"\n"):
        rest = stream.readline(LONGEST_LINE + 1)
    return line or None


def _parsed(number: int, line: bytes, kind: Kind) -> Record | Rejected:
    if len(line) > LONGEST_LINE:
        return Rejected(number, (Fault("", f"the line is longer than {LONGEST_LINE} bytes"),))
    text = line.removeprefix(_BOM) if number == 1 else line
    exported = _exported(text)
    try:
        if exported is None:
            return record(number, kind, decode(text, flat_type(kind)))
        return _of_dump(number, exported)
    except InvalidRequest as refused:
        prefix = "" if exported is None else "/value"
        faults = refused.faults or (Fault("", refused.detail),)
        return Rejected(number, tuple(Fault(prefix + f.pointer, f.detail) for f in faults))


def _exported(line: bytes) -> Exported | None:
    try:
        return msgspec.json.decode(line, type=Exported)
    except (msgspec.DecodeError, RecursionError):
        return None


def _of_dump(number: int, exported: Exported) -> Record | Rejected:
    kind = BY_TOPIC.get(exported.topic)
    if kind is None:
        return Rejected(number, (Fault("/topic", "is not a topic of the catalog"),))
    return record(number, kind, decode(bytes(exported.value), kind.snapshot))
