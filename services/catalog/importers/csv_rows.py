"""CSV with a header of flattened columns; see README.md."""

import csv
import io
import zlib
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from libs.common.errors import Fault, InvalidRequest
from libs.common.web.decoding import decode
from services.catalog.domain.kinds import Kind
from services.catalog.domain.records import Record, Rejected, flat_type, record
from services.catalog.importers.cells import Columns, UnevenLists, UnknownColumn

LONGEST_CELL = 1_000_000


def read(stream: BinaryIO, kind: Kind) -> Iterator[Record | Rejected]:
    """Records of `kind`; a header with a wrong column ends it at once, since every row would be wrong."""
    csv.field_size_limit(LONGEST_CELL)
    # Bytes that are not UTF-8 come through as surrogates and are refused with their record.
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
    rows = csv.reader(text)
    columns: Columns | None = None
    while True:
        first = rows.line_num + 1
        try:
            row = next(rows)
            if columns is None:
                columns = Columns(flat_type(kind), row)
                continue
        except StopIteration:
            return
        except (csv.Error, OSError, EOFError, zlib.error, UnknownColumn) as broken:
            yield Rejected(first, (Fault("", str(broken)),))
            if isinstance(broken, csv.Error) and columns is not None:
                continue
            return
        if row:
            yield _parsed(first, kind, columns, row)


def _parsed(line: int, kind: Kind, columns: Columns, row: list[str]) -> Record | Rejected:
    try:
        value = msgspec.json.encode(columns.tree(row))
        return record(line, kind, decode(value, flat_type(kind)))
    except InvalidRequest as refused:
        return Rejected(line, refused.faults or (Fault("", refused.detail),))
    except UnevenLists as uneven:
        return Rejected(line, (Fault(uneven.pointer, str(uneven)),))
    except UnicodeEncodeError:
        return Rejected(line, (Fault("", "is not UTF-8"),))
