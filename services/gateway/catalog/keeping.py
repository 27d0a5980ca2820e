"""Where the view comes from when Kafka is away: what was saved to scratch, else the catalog's dump."""

import asyncio
import os
import zlib
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import structlog
from msgspec import Raw, Struct

from libs.common.contracts import topics
from libs.common.contracts.topics import BY_NAME
from libs.common.errors import Unavailable
from services.gateway.catalog.view import CatalogView

log = structlog.get_logger()

T = TypeVar("T")
FILE = "gateway-catalog.ndjson"
SAVE_SECONDS = 30.0
PATIENCE_SECONDS = 2.0
BATCH = 500


class SavedLine(Struct, frozen=True):
    """As in the catalog's dump."""

    topic: str
    value: Raw


class Keeping:
    """Saves the view now and then, and fills it at the start."""

    def __init__(
        self, view: CatalogView, folder: Path, dump: Callable[[], Awaitable[bytes]]
    ) -> None:
        self._view = view
        self._path = folder / FILE
        self._dump = dump
        self._saved_generation = -1

    async def restore(self) -> None:
        """Fills the view from scratch; a file that is torn or of another version is passed over."""
        try:
            content = await asyncio.to_thread(self._path.read_bytes)
        except FileNotFoundError:
            return
        checksum, _, lines = content.partition(b"\n")
        if checksum != _checksum(lines):
            log.warning("the saved catalog is torn and was passed over")
            return
        await self._fill(lines, "scratch")
        self._saved_generation = self._view.generation

    async def run(self) -> None:
        """Fills the view from the dump while nothing else has; then saves it as it changes."""
        await asyncio.sleep(PATIENCE_SECONDS)
        while not self._view.loaded:
            try:
                await self._fill(await self._dump(), "dump")
            except Unavailable as away:
                log.warning("no catalog to start from", error=away.detail)
                await asyncio.sleep(PATIENCE_SECONDS)
        while True:
            await self.save()
            await asyncio.sleep(SAVE_SECONDS)

    async def save(self) -> None:
        """Writes the view to scratch if it is whole and has changed; replaces the file at once."""
        generation = self._view.generation
        if generation == self._saved_generation or not self._view.loaded:
            return
        lines: list[bytes] = []
        for topic in topics.CATALOG:
            for batch in _batches(list(self._view.tables.get(topic).values())):
                lines += [msgspec.json.encode({"topic": topic.name, "value": v}) for v in batch]
                await asyncio.sleep(0)
        await asyncio.to_thread(_write, self._path, b"\n".join(lines))
        self._saved_generation = generation

    async def _fill(self, lines: bytes, source: str) -> None:
        try:
            for batch in _batches(lines.splitlines()):
                for line in batch:
                    self._apply(line)
                await asyncio.sleep(0)
        except (msgspec.DecodeError, KeyError) as unreadable:
            log.warning("a catalog was not readable", source=source, error=str(unreadable))
            return
        self._view.restored = True
        log.info("catalog restored", source=source, credentials=len(self._view.credentials))

    def _apply(self, line: bytes) -> None:
        saved = msgspec.json.decode(line, type=SavedLine)
        (kind,) = BY_NAME[saved.topic].values.values()
        snapshot: Any = msgspec.json.decode(saved.value, type=kind)
        self._view.apply(snapshot)


def _batches(items: list[T]) -> Iterable[list[T]]:
    return (items[start : start + BATCH] for start in range(0, len(items), BATCH))


def _checksum(lines: bytes) -> bytes:
    return b"%08x" % zlib.crc32(lines)


def _write(path: Path, lines: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".tmp")
    with beside.open("wb") as file:
        file.write(_checksum(lines) + b"\n" + lines)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
