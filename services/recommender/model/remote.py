"""Where models are kept, at any fsspec url: opened alike, failing alike."""

from collections.abc import Iterator
from contextlib import contextmanager

import fsspec
from botocore.exceptions import BotoCoreError  # type: ignore[import-untyped]
from fsspec import AbstractFileSystem


def open_url(url: str) -> tuple[AbstractFileSystem, str]:
    """The filesystem and the path in it. Listings are not cached: other processes write there too."""
    filesystem, path = fsspec.core.url_to_fs(url, use_listings_cache=False)
    return filesystem, path


@contextmanager
def os_errors() -> Iterator[None]:
    """A store that cannot be reached raises OSError, S3 as well as a disk."""
    try:
        yield
    except BotoCoreError as error:
        raise OSError(f"the model store cannot be used: {error}") from error
