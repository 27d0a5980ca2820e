"""The archive: the states as a folder of arrays, with how far each log had been read.

Folders are numbered; the newest is the archive and the older are deleted, so that what was erased
is gone with the next save. The folder is the trainer's working set: it is memory-mapped.
"""

import shutil
from collections.abc import Collection, Mapping
from pathlib import Path

import msgspec
import numpy as np
import structlog
from msgspec import Struct

from libs.common.clock import now
from libs.common.contracts.redis_values import Mark
from libs.common.contracts.types import milliseconds
from services.recommender.model import arrays
from services.recommender.model.arrays import Corrupt
from services.recommender.trainer.columns import KINDS, Columns, Credentials

log = structlog.get_logger()

Marks = dict[tuple[str, int], Mark]
"""The last record applied, by topic and partition."""


class _Position(Struct, frozen=True):
    topic: str
    partition: int
    offset: int
    record_id: str


class Facts(Struct, frozen=True, kw_only=True):
    """What the manifest says beside the arrays' checksums. saved_at: Unix ms."""

    kinds: list[str]
    positions: list[_Position]
    saved_at: int = 0


class Archived(Struct, frozen=True):
    """One saved archive. saved_at: Unix ms."""

    columns: Columns
    credentials: Credentials
    marks: Marks
    saved_at: int
    number: int = 0


class Archive:
    """The archive in one local directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def path(self, number: int) -> Path:
        """The folder of a save."""
        return self._directory / f"{number:09d}"

    def load(self) -> Archived | None:
        """The newest save that is whole; None when there is none. A corrupt one is logged and passed over."""
        for number in sorted(self._numbers(), reverse=True):
            try:
                return self._read(number)
            except Corrupt as error:
                log.error("archive_corrupt", number=number, error=str(error))
        return None

    def save(
        self, columns: Columns, credentials: Collection[str], marks: Mapping[tuple[str, int], Mark]
    ) -> int:
        """Writes the next save; answers its number. Raises OSError."""
        folder = self.next_path()
        ids, ends = arrays.pack_texts(list(credentials))
        stored = {name: getattr(columns, name) for name in Columns.__slots__}
        positions = [_Position(t, p, mark.offset, mark.record_id) for (t, p), mark in marks.items()]
        arrays.write(
            folder,
            {**stored, "credential_ids": ids, "credential_id_ends": ends},
            Facts(kinds=list(KINDS), positions=positions, saved_at=milliseconds(now())),
        )
        return int(folder.name)

    def read(self, number: int) -> Archived:
        """A save, memory-mapped. Raises Corrupt, or OSError."""
        return self._read(number)

    def next_path(self) -> Path:
        """Where the next save goes."""
        return self.path(max(self._numbers(), default=0) + 1)

    def prune(self, keep: Collection[int]) -> None:
        """Deletes every save but those to keep, and what interrupted saves have left."""
        for path in self._directory.glob("*") if self._directory.exists() else ():
            if path.name not in {self.path(number).name for number in keep}:
                shutil.rmtree(path)

    def _numbers(self) -> list[int]:
        if not self._directory.exists():
            return []
        return [int(path.name) for path in self._directory.iterdir() if path.name.isdigit()]

    def _read(self, number: int) -> Archived:
        return msgspec.structs.replace(read_save(self.path(number)), number=number)


def read_save(folder: Path) -> Archived:
    """The save in a folder, memory-mapped. Raises Corrupt, or OSError."""
    stored, raw = arrays.read(folder)
    try:
        facts = decode_facts(raw)
        # Plain views of the mapped files: a memmap takes several times as long to slice.
        columns = Columns(**{name: np.asarray(stored[name]) for name in Columns.__slots__})
        ids = arrays.unpack_texts(stored["credential_ids"], stored["credential_id_ends"])
    except (msgspec.DecodeError, KeyError) as error:
        raise Corrupt(f"{folder}: {error}") from error
    if facts.kinds != list(KINDS)[: len(facts.kinds)]:
        raise Corrupt(f"{folder}: other codes of kinds")
    marks = {(p.topic, p.partition): Mark(p.offset, p.record_id) for p in facts.positions}
    return Archived(columns, Credentials(ids), marks, facts.saved_at)


def decode_facts(raw: msgspec.Raw) -> Facts:
    """What the manifest says. Raises msgspec.DecodeError."""
    return msgspec.json.decode(raw, type=Facts)
