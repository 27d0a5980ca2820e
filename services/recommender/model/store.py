"""The model store: every kept version, which one is announced, and a wish to go back to another."""

import hashlib
import posixpath
from collections.abc import Collection
from datetime import datetime

import msgspec
from msgspec import Struct

from services.recommender.model import artefact
from services.recommender.model.arrays import MANIFEST, Corrupt
from services.recommender.model.learned import Model
from services.recommender.model.remote import open_url, os_errors

CURRENT = "current.json"
ROLLBACK = "rollback.json"


class Version(Struct, frozen=True, kw_only=True):
    """One stored model."""

    version: str
    url: str
    checksum: str
    trained_at: datetime
    metrics: dict[str, float] = {}


class _Named(Struct, frozen=True):
    """before: what was in force before it, the first first, without what was gone back from."""

    version: str
    before: list[str] = []


MOST_BEFORE = 20


class ModelStore:
    """Versions under one fsspec url, such as a directory or `s3://bucket/models`. Every method may raise OSError.

    S3's endpoint, region and credentials come from the standard AWS variables, files or roles (`AWS_ENDPOINT_URL`,
    `AWS_ACCESS_KEY_ID`, …), as botocore reads them.
    """

    def __init__(self, url: str) -> None:
        self._filesystem, self._path = open_url(url)

    @os_errors()
    def save(self, model: Model) -> Version:
        """Adds a version; another that is there already is never overwritten (FileExistsError)."""
        checksum = artefact.save(model, self._url(model.version))
        return Version(
            version=model.version,
            url=self._url(model.version),
            checksum=checksum,
            trained_at=model.trained_at,
            metrics=model.metrics,
        )

    @os_errors()
    def versions(self) -> list[Version]:
        """What is stored, the newest first. A folder whose manifest cannot be read is left out."""
        found = [self._version(name) for name in self._names()]
        return sorted(
            (version for version in found if version is not None),
            key=lambda version: (version.trained_at, version.version),
            reverse=True,
        )

    @os_errors()
    def current(self) -> Version | None:
        """The version announced last, while it is stored."""
        name = self._read(CURRENT)
        return None if name is None else self._version(name.version)

    @os_errors()
    def before(self) -> list[str]:
        """The versions that were in force before the current one, the last first; none that was gone back from."""
        name = self._read(CURRENT)
        return [] if name is None else name.before[::-1]

    @os_errors()
    def set_current(self, version: str) -> None:
        """Remembers which version is announced, for the trainer's next start."""
        known = self._read(CURRENT)
        line = [] if known is None else [*known.before, known.version]
        before = line[: line.index(version)] if version in line else line
        self._write(CURRENT, _Named(version, before[-MOST_BEFORE:]))

    @os_errors()
    def ask_rollback(self, version: str) -> None:
        """Asks the running trainer to announce `version`."""
        self._write(ROLLBACK, _Named(version))

    @os_errors()
    def rollback_wish(self) -> str | None:
        """The version asked for and not settled yet, if any."""
        wish = self._read(ROLLBACK)
        return None if wish is None else wish.version

    @os_errors()
    def settle_rollback(self, version: str) -> None:
        """The wish for `version` is done with; a later one for another stays."""
        if self.rollback_wish() == version:
            self._filesystem.rm_file(self._join(ROLLBACK))

    @os_errors()
    def put_note(self, name: str, note: bytes) -> None:
        """Keeps a document beside the models, such as the newest fairness report."""
        self._filesystem.makedirs(self._path, exist_ok=True)
        unfinished = self._join(f".{name}")
        self._filesystem.pipe_file(unfinished, note)
        self._filesystem.mv(unfinished, self._join(name))

    @os_errors()
    def note(self, name: str) -> bytes | None:
        """What was kept under that name; None when nothing was."""
        if not self._filesystem.exists(self._join(name)):
            return None
        kept: bytes = self._filesystem.cat_file(self._join(name))
        return kept

    @os_errors()
    def prune(self, keep: int, spare: Collection[str]) -> list[str]:
        """Deletes all but the `keep` newest versions and those in `spare`; answers what went."""
        old = [v.version for v in self.versions()[keep:] if v.version not in spare]
        for version in old:
            self._filesystem.rm(self._join(version), recursive=True)
        return old

    def _names(self) -> list[str]:
        if not self._filesystem.exists(self._path):
            return []
        entries = self._filesystem.ls(self._path, detail=True)
        names = [
            posixpath.basename(e["name"].rstrip("/")) for e in entries if e["type"] == "directory"
        ]
        return [name for name in names if not name.startswith(".")]

    def _version(self, name: str) -> Version | None:
        if not self._filesystem.exists(self._join(name, MANIFEST)):
            return None
        try:
            facts, raw = artefact.facts(self._filesystem, self._join(name))
        except Corrupt:
            return None
        return Version(
            version=facts.version,
            url=self._url(name),
            checksum=hashlib.sha256(raw).hexdigest(),
            trained_at=facts.trained_at,
            metrics=facts.metrics,
        )

    def _read(self, name: str) -> _Named | None:
        if not self._filesystem.exists(self._join(name)):
            return None
        try:
            return msgspec.json.decode(self._filesystem.cat_file(self._join(name)), type=_Named)
        except msgspec.DecodeError:
            return None

    def _write(self, name: str, named: _Named) -> None:
        self.put_note(name, msgspec.json.encode(named))

    def _url(self, version: str) -> str:
        return str(self._filesystem.unstrip_protocol(self._join(version)))

    def _join(self, *parts: str) -> str:
        return posixpath.join(self._path, *parts)
