"""What issuers publish: asked for once, for a while, and never of a private address."""

import asyncio
from pathlib import Path
from urllib.parse import quote

import pytest

from libs.common.errors import TryAgain
from services.profile.publications import MOST_BYTES, MOST_KEPT, Publications

URL = "https://issuer.example/status/1"


class Web:
    """Counts what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.away = False

    async def fetch(self, url: str) -> bytes:
        self.asked.append(url)
        await asyncio.sleep(0)
        if self.away:
            raise TryAgain("away")
        return url.encode()


async def test_many_who_ask_at_once_are_one_question() -> None:
    """Also of a thousand badges of one list; later it is asked for again."""
    web = Web()
    published = Publications(None, web.fetch)
    found = await asyncio.gather(*(published.get(URL) for _ in range(1_000)))
    assert (set(found), web.asked) == ({URL.encode()}, [URL])
    forgetful = Publications(None, web.fetch, kept_seconds=0)
    assert [await forgetful.get(URL) for _ in range(2)] == [URL.encode()] * 2
    assert len(web.asked) == 3


async def test_what_is_away_is_nothing_and_no_more_is_kept_than_that() -> None:
    """The reason, which leaves a badge unknown and never verified; of many lists the oldest are forgotten."""
    web = Web()
    published = Publications(None, web.fetch)
    for number in range(MOST_KEPT + 1):
        await published.get(f"{URL}/{number}")
    await published.get(f"{URL}/0")
    assert web.asked.count(f"{URL}/0") == 2
    web.away = True
    assert await published.get(URL) == "away"


async def test_a_copy_comes_before_the_web(tmp_path: Path) -> None:
    """As it is now; one that is too large is none."""
    web = Web()
    published = Publications(tmp_path, web.fetch)
    copy = tmp_path / quote(URL, safe="")
    for content in (b"first", b"second"):
        copy.write_bytes(content)
        assert await published.get(URL) == content
    copy.write_bytes(b"x" * (MOST_BYTES + 1))
    assert await published.get(URL) == URL.encode()
    assert isinstance(await published.get("https://issuer.example/../../etc/passwd"), bytes)
    assert web.asked == [URL, "https://issuer.example/../../etc/passwd"]


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/list",
        "https://10.0.0.1/list",
        "https://[::1]/list",
        "http://issuer.example/list",
        "https://[2",
        "file:///etc/passwd",
        "no url",
        "https://",
        f"https://{'a' * 70}.example/list",
        f"https://{'a.' * 200}example/list",
        "https://\u2028.example/list",
        "https://issuer.example:99999999/list",
    ],
)
async def test_no_private_address_is_asked(url: str) -> None:
    """A badge names the URL, so it would be a stranger's way into our network."""
    assert isinstance(await Publications(None).get(url), str)
