"""A folder of raw .npy arrays with a manifest of checksums: how artefacts and archives lie on disk.

Raw arrays are memory-mapped, so that the processes of a host share them and loading takes
milliseconds. Nothing is ever pickled. A folder appears whole, under its final name, or not at all.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from libs.common.errors import StackwiseError

MANIFEST = "manifest.json"
FORMAT = 1
Arrays = dict[str, NDArray[Any]]


class Corrupt(StackwiseError):
    """A folder that is incomplete, altered, or of another format. Nothing of it is used."""


class Manifest(Struct, frozen=True, kw_only=True):
    """sha256: the checksum of each array's file, by the array's name; facts: whatever describes them."""

    format: int
    sha256: dict[str, str]
    facts: msgspec.Raw


def write(directory: Path, arrays: Mapping[str, NDArray[Any]], facts: Struct) -> str:
    """Writes arrays and facts as the new folder `directory`; answers the manifest's checksum.

    Raises OSError, FileExistsError included: a folder is never overwritten.
    """
    directory.parent.mkdir(parents=True, exist_ok=True)
    if directory.exists():
        raise FileExistsError(directory)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{directory.name}.", dir=directory.parent))
    try:
        checksums = {name: _save(unfinished / f"{name}.npy", arrays[name]) for name in arrays}
        raw = msgspec.json.encode(
            Manifest(format=FORMAT, sha256=checksums, facts=msgspec.Raw(msgspec.json.encode(facts)))
        )
        _write_bytes(unfinished / MANIFEST, raw)
        unfinished.chmod(0o755)
        unfinished.rename(directory)
        _sync(directory.parent)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return hashlib.sha256(raw).hexdigest()


def read(
    directory: Path, checksum: str | None = None, *, mode: Literal["r", "c"] = "r"
) -> tuple[Arrays, msgspec.Raw]:
    """The arrays, memory-mapped, and the facts. Raises Corrupt, or OSError.

    mode: "r" read-only; "c" copy-on-write: what is written is this process's own, the other pages stay shared.
    """
    try:
        raw = (directory / MANIFEST).read_bytes()
    except FileNotFoundError as error:
        raise Corrupt(f"{directory}: no manifest") from error
    if checksum is not None and hashlib.sha256(raw).hexdigest() != checksum:
        raise Corrupt(f"{directory}: the manifest is not the one that was announced")
    manifest = decode(raw, directory)
    stored = {name: _load(directory, name, sha, mode) for name, sha in manifest.sha256.items()}
    return stored, manifest.facts


def decode(raw: bytes, origin: object) -> Manifest:
    """A manifest from its bytes. Raises Corrupt."""
    try:
        manifest = msgspec.json.decode(raw, type=Manifest)
    except msgspec.DecodeError as error:
        raise Corrupt(f"{origin}: unreadable manifest: {error}") from error
    if manifest.format != FORMAT:
        raise Corrupt(f"{origin}: format {manifest.format}, not {FORMAT}")
    if any("/" in name or name.startswith(".") for name in manifest.sha256):
        raise Corrupt(f"{origin}: an array's name leaves the folder")
    return manifest


def pack_texts(texts: Sequence[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Texts as one UTF-8 buffer and the end of each in it."""
    encoded = [text.encode() for text in texts]
    ends = np.cumsum([len(text) for text in encoded], dtype=np.int64)
    return np.frombuffer(b"".join(encoded), np.uint8), ends


def unpack_texts(buffer: NDArray[np.uint8], ends: NDArray[np.int64]) -> list[str]:
    """The texts that `pack_texts` packed."""
    raw = buffer.tobytes()
    stops = ends.tolist()
    return [raw[start:stop].decode() for start, stop in zip([0, *stops], stops, strict=False)]


def _save(path: Path, array: NDArray[Any]) -> str:
    with path.open("wb") as file:
        np.save(file, np.ascontiguousarray(array), allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())
    return _sha256(path)


def _load(directory: Path, name: str, sha256: str, mode: Literal["r", "c"]) -> NDArray[Any]:
    path = directory / f"{name}.npy"
    try:
        if _sha256(path) != sha256:
            raise Corrupt(f"{path}: wrong checksum")
        return np.load(path, mmap_mode=mode, allow_pickle=False)  # type: ignore[no-any-return]
    except (ValueError, FileNotFoundError) as error:
        raise Corrupt(f"{path}: {error}") from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_bytes(path: Path, raw: bytes) -> None:
    with path.open("wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
