"""What a format's reader said of one object, as a record or its faults, and its notes."""

from collections.abc import Iterator

from libs.common.errors import Fault
from services.catalog.domain.kinds import Kind
from services.catalog.domain.records import Item, Noted, Rejected
from services.catalog.formats.notes import Reading
from services.catalog.importers.bodies import checked


def items_of(kind: Kind, reading: Reading, document: int, pointer: str) -> Iterator[Item]:
    """The record or its rejection first, then the notes, all with their place in the document.

    A record's own faults (`/cost/0/currency`) are of our fields, since the format's reader had none.
    """
    of = str(reading.parts.get("id") or pointer)
    if reading.faults:
        faults = tuple(Fault(pointer + each.pointer, each.detail) for each in reading.faults)
        yield Rejected(document, faults)
    else:
        made = checked(kind, reading.parts, line=document)
        if isinstance(made, Rejected):
            faults = tuple(Fault(pointer, f"{f.pointer} {f.detail}") for f in made.faults)
            made = made._replace(faults=faults)
        else:
            made = made._replace(sets=reading.speaks - set(kind.ids))
        yield made
    for note in reading.notes:
        yield Noted(document, of, pointer + note.pointer, note.detail, note.value, note.missing)
