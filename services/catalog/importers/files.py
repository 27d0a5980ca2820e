"""Opening bulk files, compressed or not, and knowing how far they have been read."""

import gzip
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

_GZIP = b"\x1f\x8b"


class Source(NamedTuple):
    """A readable file. `size` and `position` are in bytes on disk."""

    stream: BinaryIO
    size: int
    position: Callable[[], int]


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """The file's content, unpacked when it is gzip, whatever its name. Raises OSError."""
    with path.open("rb") as raw:
        packed = raw.peek(2)[:2] == _GZIP
        # GzipFile is a BufferedIOBase; it only lacks the attributes of files on disk.
        stream = cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if packed else raw
        with io.BufferedReader(cast(io.RawIOBase, stream)) as content:
            yield Source(content, path.stat().st_size, raw.tell)
