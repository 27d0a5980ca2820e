"""Copies of what issuers publish, kept in a folder by whoever runs Stackwise without the Web."""

import asyncio
from pathlib import Path
from urllib.parse import quote

MOST_BYTES = 4_000_000


class Mirror:
    """Each file is named by the URL that it is a copy of, quoted with nothing spared; None has nothing."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    async def get(self, url: str) -> bytes | None:
        """The copy of what is at a URL, if there is one of at most 4 MB."""
        if self._folder is None or len(name := quote(url, safe="")) > 255:
            return None
        return await asyncio.to_thread(_read, self._folder / name)


def _read(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError:
        return None
    return content if len(content) <= MOST_BYTES else None
