"""What a bulk command tells of records: the report of bad ones, and notes on the others."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import typer

from services.catalog.domain.records import Item, Noted, Rejected

_MOST_TERMS = 20


class ReportFile:
    """A line of JSON for each fault and note: `file` where there are several, `line`, `pointer`, `detail`; of
    a note also `of`, the record, and `kept`, what stood there, or `missing`, what does not."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    def rejected(self, record: Rejected) -> None:
        file = {"file": record.file} if record.file else {}
        for fault in record.faults:
            self.write({**file, "line": record.line, **fault._asdict()})

    def write(self, entry: dict[str, Any]) -> None:
        self._write(msgspec.json.encode(entry).decode())


class NotesTaken:
    """Takes notes out of what a file holds: each into the report where there is one, and their counts."""

    def __init__(self, write: Callable[[dict[str, Any]], None] | None) -> None:
        self._write = write
        self._missing = Counter[str]()
        self._kept = Counter[str]()

    def of(self, items: Iterator[Item]) -> Iterator[Item]:
        """The items without the notes."""
        for item in items:
            if isinstance(item, Noted):
                self._take(item)
            else:
                yield item

    def _take(self, note: Noted) -> None:
        term = str(note.value) if note.missing else _term(note.pointer)
        (self._missing if note.missing else self._kept)[term] += 1
        if self._write is not None:
            value = {"missing" if note.missing else "kept": note.value}
            place = {"line": note.line, "pointer": note.pointer, "detail": note.detail}
            self._write({**place, "of": note.of, **value})

    def say(self) -> None:
        """The counts: what is missing whole, of what was kept aside the most frequent terms."""
        for what, count in sorted(self._missing.items()):
            typer.echo(f"missing: {count} {what}")
        for term, count in self._kept.most_common(_MOST_TERMS):
            typer.echo(f"kept aside: {count} {term}")
        if len(self._kept) > _MOST_TERMS:
            typer.echo(f"kept aside: {len(self._kept) - _MOST_TERMS} further terms")


def _term(pointer: str) -> str:
    """The last name of a pointer that is no place in a list."""
    names = [step for step in pointer.split("/") if step and not step.isdigit()]
    return names[-1].replace("~1", "/").replace("~0", "~") if names else "objects"
