"""The widget's files, as they are served: each in the codings that a browser may ask for.

A version is named by the content of all its files, so that its address never changes its meaning; the
versions that were released stay in `released/` for the pages that pin them.
"""

import base64
import gzip
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import brotli

FOLDER = Path(__file__).parent
CURRENT = FOLDER / "assets"
RELEASED = FOLDER / "released"
# Served below a version; the loader and the iframe's page name the version that they load.
VERSIONED = ("stackwise.js", "frame.js", "es.json")
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".html": "text/html; charset=utf-8",
}


class File(NamedTuple):
    """`bodies` by coding, "" for none; `digest` of the content."""

    media_type: str
    digest: str
    bodies: Mapping[str, bytes]


class Widget(NamedTuple):
    """`versions` by their names, then files by theirs; `integrity` is of the current `stackwise.js`."""

    version: str
    integrity: str
    loader: File
    frame: File
    versions: Mapping[str, Mapping[str, File]]


@cache
def read() -> Widget:
    """The widget of these files and the versions released before."""
    version = version_of(CURRENT)
    folders = [CURRENT, *RELEASED.iterdir()]
    return Widget(
        version=version,
        integrity=integrity_of((CURRENT / "stackwise.js").read_bytes()),
        loader=_file("loader.js", _naming(version, "loader.js")),
        frame=_file("frame.html", _naming(version, "frame.html")),
        versions={version_of(folder): _versioned(folder) for folder in folders},
    )


def version_of(folder: Path) -> str:
    """The name of a version: sixteen hexadecimal digits of what is in it."""
    found = hashlib.sha256()
    for name in VERSIONED:
        found.update(hashlib.sha256((folder / name).read_bytes()).digest())
    return found.hexdigest()[:16]


def integrity_of(content: bytes) -> str:
    """As `integrity` of a script says it (W3C Subresource Integrity)."""
    return "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()


def _naming(version: str, name: str) -> bytes:
    return (CURRENT / name).read_bytes().replace(b"VERSION", version.encode())


def _versioned(folder: Path) -> dict[str, File]:
    return {name: _file(name, (folder / name).read_bytes()) for name in VERSIONED}


def _file(name: str, content: bytes) -> File:
    bodies = {
        "": content,
        "br": brotli.compress(content, quality=11),
        "gzip": gzip.compress(content, compresslevel=9, mtime=0),
    }
    digest = hashlib.sha256(content).hexdigest()[:16]
    return File(_TYPES[Path(name).suffix], digest, bodies)
