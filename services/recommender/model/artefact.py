"""A model in the model store: a folder of arrays under its version, at any fsspec url."""

import hashlib
import posixpath
import shutil
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from fsspec import AbstractFileSystem
from fsspec.implementations.local import LocalFileSystem
from msgspec import Struct

from services.recommender.model import arrays
from services.recommender.model.arrays import Corrupt
from services.recommender.model.graph import Edges
from services.recommender.model.learned import Model
from services.recommender.model.remote import open_url, os_errors

_KEPT = "stackwise-model-"
_BY_ROW = ("factors", "trends", "support")
_EDGES = ("together", "follows")


class Facts(Struct, frozen=True, kw_only=True):
    """What the manifest says of a model beside its arrays."""

    version: str
    trained_at: datetime
    alpha: float
    regularization: float
    half_life_hours: float
    metrics: dict[str, float] = {}
    weights: dict[str, float] = {}


@os_errors()
def save(model: Model, url: str) -> str:
    """Writes the model as the new folder `url`; answers its checksum. The same again changes nothing: the answer to a save
    may be lost. Raises OSError, FileExistsError for another model's folder."""
    filesystem, path = open_url(url)
    if filesystem.exists(posixpath.join(path, arrays.MANIFEST)):
        return _saved(model, filesystem, path)
    if isinstance(filesystem, LocalFileSystem):
        return _write(model, Path(path))
    with tempfile.TemporaryDirectory() as scratch:
        local = Path(scratch, "model")
        checksum = _write(model, local)
        names = [file.name for file in local.iterdir() if file.name != arrays.MANIFEST]
        for name in [*names, arrays.MANIFEST]:  # a folder without a manifest is no model yet
            filesystem.put_file(str(local / name), posixpath.join(path, name))
    return checksum


@os_errors()
def load(url: str, checksum: str, scratch: Path | None = None) -> Model:
    """The model at `url`; a remote one is copied to `scratch` first, where it replaces those before.

    Its arrays are memory-mapped copy-on-write: `Model.move` may write, and the pages it leaves alone
    are shared by the processes of a host.
    Raises Corrupt when anything differs from what was announced, or OSError.
    """
    filesystem, path = open_url(url)
    if isinstance(filesystem, LocalFileSystem):
        return _read(Path(path), checksum)
    kept = Path(scratch or tempfile.gettempdir(), f"{_KEPT}{checksum[:32]}")
    if not kept.exists():
        _fetch(filesystem, path, kept)
    try:
        model = _read(kept, checksum)
    except Corrupt:
        shutil.rmtree(kept, ignore_errors=True)
        raise
    for other in kept.parent.glob(f"{_KEPT}*"):
        if other != kept:  # Whoever still uses it has it mapped; whoever is loading it tries again.
            shutil.rmtree(other, ignore_errors=True)
    return model


@os_errors()
def facts(filesystem: AbstractFileSystem, path: str) -> tuple[Facts, bytes]:
    """What the manifest in folder `path` says, and its bytes. Raises Corrupt, or OSError."""
    raw = filesystem.cat_file(posixpath.join(path, arrays.MANIFEST))
    return _decode(arrays.decode(raw, path).facts, path), raw


def _saved(model: Model, filesystem: AbstractFileSystem, path: str) -> str:
    with tempfile.TemporaryDirectory() as scratch:
        checksum = _write(model, Path(scratch, "model"))
    there = filesystem.cat_file(posixpath.join(path, arrays.MANIFEST))
    if hashlib.sha256(there).hexdigest() != checksum:
        raise FileExistsError(path)
    return checksum


def _fetch(filesystem: AbstractFileSystem, path: str, kept: Path) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as scratch:
        part = Path(scratch, "model")
        part.mkdir()
        for file in filesystem.ls(path, detail=False):
            filesystem.get_file(file, str(part / posixpath.basename(file)))
        try:
            part.rename(kept)
        except OSError:
            if not kept.exists():  # another process of this host was first
                raise


def _write(model: Model, directory: Path) -> str:
    n = len(model.item_ids)  # the arrays may have room for more
    ids, ends = arrays.pack_texts(model.item_ids)
    return arrays.write(
        directory,
        {
            "item_ids": ids,
            "item_id_ends": ends,
            "gram": model.gram,
            **{name: getattr(model, name)[:n] for name in _BY_ROW},
            **{
                f"{name}_{part}": getattr(getattr(model, name), part)[:n]
                for name in _EDGES
                for part in Edges._fields
            },
        },
        Facts(**{name: getattr(model, name) for name in Facts.__struct_fields__}),
    )


def _read(directory: Path, checksum: str) -> Model:
    stored, raw = arrays.read(directory, checksum, mode="c")
    facts = _decode(raw, directory)
    try:
        item_ids = arrays.unpack_texts(stored["item_ids"], stored["item_id_ends"])
        by_row: dict[str, Any] = {name: stored[name] for name in _BY_ROW}
        edges: dict[str, Any] = {
            name: Edges(*(stored[f"{name}_{part}"] for part in Edges._fields)) for name in _EDGES
        }
        gram = stored["gram"]
    except KeyError as error:
        raise Corrupt(f"{directory}: no array {error}") from error
    rows = [*by_row.values(), *(part for both in edges.values() for part in both)]
    if any(len(array) != len(item_ids) for array in rows):
        raise Corrupt(f"{directory}: the arrays' lengths do not agree")
    return Model(
        item_ids=item_ids,
        index={item: row for row, item in enumerate(item_ids)},
        gram=gram,
        **msgspec.structs.asdict(facts),
        **by_row,
        **edges,
    )


def _decode(raw: msgspec.Raw, origin: object) -> Facts:
    try:
        return msgspec.json.decode(raw, type=Facts)
    except msgspec.DecodeError as error:
        raise Corrupt(f"{origin}: {error}") from error
