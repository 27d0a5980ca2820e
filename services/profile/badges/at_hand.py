"""What others publish, as far as it has been fetched: status lists, documents of DIDs, sets of keys.

Verifying fetches nothing itself, so that it can run where nothing else waits for it.
"""

from collections.abc import Mapping

from services.profile.badges.steps import Undecided

NOTHING: Mapping[str, bytes | str] = {}


class AtHand:
    """`found` by URL: the content, or why it cannot be had. `missing`: what was asked for and has not been fetched."""

    def __init__(self, found: Mapping[str, bytes | str] = NOTHING) -> None:
        self._found = found
        self.missing: set[str] = set()

    def get(self, url: str) -> bytes:
        """The content. Raises Undecided, which says why, where there is none."""
        found = self._found.get(url)
        if found is None:
            self.missing.add(url)
            raise Undecided(f"{url[:200]} has not been fetched")
        if isinstance(found, str):
            raise Undecided(f"{url[:200]} is unreachable: {found}")
        return found
