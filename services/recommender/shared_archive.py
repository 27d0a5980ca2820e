"""The trainer's archive where the workers can read it: the newest save, in the model store under `archive/`.

A save's folder is named by when it was made and by its checksum. It counts once its manifest is there,
which comes last; all others are then deleted, so that what was erased is gone with the next save. In a
local store it consists of hard links to the trainer's own files, if both are on one disk.
"""

import hashlib
import os
import posixpath
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec
from fsspec.implementations.local import LocalFileSystem

from services.recommender.model import arrays
from services.recommender.model.arrays import MANIFEST, Corrupt
from services.recommender.model.remote import open_url, os_errors
from services.recommender.trainer.archive import Archived, decode_facts, read_save

FOLDER = "archive"
_NAME = re.compile(r"(\d{13})-[0-9a-f]{16}")


class SharedArchive:
    """The archive in the model store at a fsspec url. Every method may raise OSError."""

    def __init__(self, store_url: str) -> None:
        self._filesystem, store = open_url(store_url)
        self._path = posixpath.join(store, FOLDER)
        self._local = isinstance(self._filesystem, LocalFileSystem)

    @os_errors()
    def put(self, save: Path) -> None:
        """Makes the save in a local folder the one that is read, and deletes every other. Raises Corrupt."""
        name = _name(save)
        if name not in self._names():
            copy = self._link if self._local else self._upload
            copy(save, name)
        for entry in self._filesystem.ls(self._path, detail=False):
            if posixpath.basename(entry.rstrip("/")) != name:
                self._filesystem.rm(entry, recursive=True)

    @os_errors()
    def newest(self) -> str | None:
        """The name of the newest save that is complete; None when there is none."""
        return max(self._names(), default=None)

    def read(self, name: str, scratch: Path | None) -> Archived:
        """A save, memory-mapped. Raises Corrupt.

        A remote one is copied to `scratch`, where its files have no names any more when this returns: the
        disk is free as soon as nobody uses it.
        """
        with self._fetched(name, scratch) as folder:
            return read_save(folder)

    def copy(self, name: str, folder: Path) -> None:
        """Makes `folder` a save like the stored one, whole or not at all."""
        folder.parent.mkdir(parents=True, exist_ok=True)
        with self._fetched(name, folder.parent) as fetched:
            _link_folder(fetched, folder)

    @contextmanager
    def _fetched(self, name: str, scratch: Path | None) -> Iterator[Path]:
        if self._local:
            yield Path(self._path, name)
            return
        if scratch is not None:
            scratch.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".archive-", dir=scratch) as folder:
            self._download(name, Path(folder))
            yield Path(folder)

    @os_errors()
    def _download(self, name: str, folder: Path) -> None:
        for file in self._filesystem.ls(posixpath.join(self._path, name), detail=False):
            self._filesystem.get_file(file, str(folder / posixpath.basename(file)))

    def _names(self) -> list[str]:
        if not self._filesystem.exists(self._path):
            return []
        entries = self._filesystem.ls(self._path, detail=False)
        names = [posixpath.basename(entry.rstrip("/")) for entry in entries]
        return [name for name in names if _NAME.fullmatch(name) and self._complete(name)]

    def _complete(self, name: str) -> bool:
        return bool(self._filesystem.exists(posixpath.join(self._path, name, MANIFEST)))

    def _link(self, save: Path, name: str) -> None:
        Path(self._path).mkdir(parents=True, exist_ok=True)
        _link_folder(save, Path(self._path, name))

    def _upload(self, save: Path, name: str) -> None:
        with ExitStack() as opened:
            # The trainer may delete the save meanwhile: what is open stays readable.
            files = [opened.enter_context(path.open("rb")) for path in save.iterdir()]
            for file in sorted(files, key=lambda file: Path(file.name).name == MANIFEST):
                path = posixpath.join(self._path, name, Path(file.name).name)
                with self._filesystem.open(path, "wb") as stored:
                    shutil.copyfileobj(file, stored)


def saved_at(name: str) -> int:
    """When the save of that name was made (Unix ms)."""
    return int(name.split("-")[0])


def _name(save: Path) -> str:
    raw = (save / MANIFEST).read_bytes()
    try:
        facts = decode_facts(arrays.decode(raw, save).facts)
    except msgspec.DecodeError as error:
        raise Corrupt(f"{save}: {error}") from error
    return f"{facts.saved_at:013d}-{hashlib.sha256(raw).hexdigest()[:16]}"


def _link_folder(source: Path, target: Path) -> None:
    """Hard links to all files of a folder as a new one; copies where the disk is another."""
    unfinished = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        for file in source.iterdir():
            try:
                os.link(file, unfinished / file.name)
            except FileNotFoundError:
                raise
            except OSError:
                shutil.copyfile(file, unfinished / file.name)
        unfinished.chmod(0o755)
        unfinished.rename(target)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
