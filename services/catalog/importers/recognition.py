"""Which format a file is in, by what it begins with."""

from pathlib import Path

from services.catalog.importers import Format
from services.catalog.importers.files import opened
from services.catalog.importers.folders import CannotRead

_BEGINNING = 200_000
_MARKS: tuple[tuple[Format, tuple[str, ...]], ...] = (
    ("elm", ("EuropeanDigitalCredential", "data.europa.eu/snb/model", "urn:epass:")),
    ("openbadges", ("purl.imsglobal.org/spec/ob/", '"Achievement"')),
    ("ctdl", ("ceterms:", "credreg.net/ctdl")),
    ("case", ('"CFItems"', '"CFDocument"')),
    ("regulated", ('"occupationLocations"', '"mandatoryRegistration"')),
)


def recognised(path: Path) -> Format:
    """The format of a file. Raises CannotRead where nothing tells it, OSError."""
    if path.is_dir():
        raise CannotRead(path.name, "is a folder: say which by --format")
    with opened(path) as source:
        beginning = source.stream.read(_BEGINNING).decode(errors="replace")
    for format, marks in _MARKS:
        if any(mark in beginning for mark in marks):
            return format
    if path.name.removesuffix(".gz").endswith(".csv"):
        return "csv"
    if path.name.removesuffix(".gz").endswith((".jsonl", ".ndjson")):
        return "jsonl"
    raise CannotRead(path.name, "is in no format that we recognise: say which by --format")
