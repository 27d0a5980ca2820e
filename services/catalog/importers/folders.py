"""A downloaded folder: its files by name, as they are, packed with gzip, or in the zip they came in."""

import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from services.catalog.importers.files import Source, opened

ZIP = ".zip"


class CannotRead(Exception):
    """A source of which nothing can be used."""

    def __init__(self, file: str, detail: str, line: int = 1) -> None:
        super().__init__(f"{file}: {detail}")
        self.file, self.detail, self.line = file, detail, line


class Member(NamedTuple):
    """A file of a folder, or, with `inside`, one of a zip. `size` is in bytes as `position` counts."""

    path: Path
    name: str
    size: int
    inside: str | None = None

    @contextmanager
    def opened(self) -> Iterator[Source]:
        """The content, unpacked. Raises OSError, zipfile.BadZipFile."""
        if self.inside is None:
            with opened(self.path) as source:
                yield source
            return
        with zipfile.ZipFile(self.path) as packed, packed.open(self.inside) as member:
            content = io.BufferedReader(cast(io.RawIOBase, member))
            yield Source(cast(BinaryIO, content), self.size, member.tell)


class Folder:
    """A folder, or a zip, with one level of folders within. Raises OSError, zipfile.BadZipFile."""

    def __init__(self, path: Path) -> None:
        self._path = path
        if path.is_file() and path.suffix.lower() != ZIP:
            raise CannotRead(path.name, "is a file; a folder, or its zip, is expected")
        files = [path] if path.is_file() else _files(path)
        plain = [Member(file, file.name, file.stat().st_size) for file in files]
        self._plain = [member for member in plain if member.path.suffix.lower() != ZIP]
        zips = [member.path for member in plain if member.path.suffix.lower() == ZIP]
        self._zipped = [member for path in zips for member in _members(path)]

    def find(self, pattern: str) -> Member | None:
        """The file whose name, but for `.gz`, matches; an unpacked one before that of a zip.

        Raises CannotRead where several match, such as two languages.
        """
        wanted = re.compile(f"(?:{pattern})(?:[.]gz)?", re.IGNORECASE)
        for members in (self._plain, self._zipped):
            found = [member for member in members if wanted.fullmatch(member.name)]
            if len(found) > 1:
                names = ", ".join(str(member.inside or member.path) for member in found)
                raise CannotRead(found[0].name, f"is there more than once: {names}")
            if found:
                return found[0]
        return None

    def get(self, pattern: str, called: str) -> Member:
        """The same; raises CannotRead also where there is none."""
        member = self.find(pattern)
        if member is None:
            raise CannotRead(called, f"is missing in {self._path}")
        return member


def _files(folder: Path) -> list[Path]:
    top = sorted(folder.iterdir())
    within = [file for each in top if each.is_dir() for file in sorted(each.iterdir())]
    return [path for path in (*top, *within) if path.is_file()]


def _members(path: Path) -> list[Member]:
    with zipfile.ZipFile(path) as packed:
        return [
            Member(path, Path(info.filename).name, info.file_size, info.filename)
            for info in packed.infolist()
            if not info.is_dir()
        ]
