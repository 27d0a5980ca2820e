"""Compression: what the client accepts, where it gains something, and never a stream."""

import gzip

import brotli
import httpx
import pytest
from litestar import get

from libs.common.health import Health
from libs.common.web import Answer, Streamed, create_app
from libs.common.web.compression import SLOW, SMALLEST, chosen, compressed

TEXT = b'{"word": "' + b"again and " * SMALLEST + b'"}'
ETAG = (b"etag", b'"abc"')
JSON = (b"content-type", b"application/json")


@get("/text")
async def text() -> Answer:
    return Answer(TEXT, headers=(JSON, ETAG))


@get("/long")
async def long() -> Answer:
    return Answer(TEXT * (SLOW // len(TEXT) + 1), headers=(JSON,))


@get("/tiny")
async def tiny() -> Answer:
    return Answer(b"{}", headers=(JSON, ETAG))


@get("/image")
async def image() -> Answer:
    return Answer(TEXT, headers=((b"content-type", b"image/png"),))


@get("/exact")
async def exact() -> Answer:
    return Answer(TEXT, headers=(JSON, ETAG, (b"cache-control", b"private, no-transform")))


@get("/same")
async def same() -> Answer:
    return Answer(b"", 304, headers=(ETAG,))


@get("/stream")
async def stream() -> Streamed:
    async def chunks():  # type: ignore[no-untyped-def]
        yield TEXT
        yield TEXT

    return Streamed(chunks(), "text/event-stream")


async def ask(
    path: str, accepted: str, method: str = "GET", had: str = ""
) -> tuple[httpx.Response, bytes]:
    """The answer, and its body as it was sent."""
    routes = [text, long, tiny, image, exact, same, stream]
    app = create_app(routes=routes, health=Health(), wrappers=[compressed])
    transport = httpx.ASGITransport(app)
    headers = {"accept-encoding": accepted, "if-none-match": had}
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://app") as http,
        http.stream(method, path, headers=headers) as answer,
    ):
        sent = b"".join([chunk async for chunk in answer.aiter_raw()])
    return answer, sent


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br", "br"),
        ("GZIP", "gzip"),
        ("br;q=0.5, gzip;q=0.8", "gzip"),
        ("br;q=0, *", "gzip"),
        ("*", "br"),
        ("identity", None),
        ("gzip;q=0.5, identity", None),
        ("br;q=0", None),
        ("gzip;q=often", None),
        ("deflate", None),
        ("", None),
    ],
)
def test_the_coding_that_the_client_weighs_most(accepted: str, coding: str | None) -> None:
    """Brotli before gzip; what is not named, or weighs nothing, is not used."""
    assert chosen(accepted.encode()) == coding


@pytest.mark.parametrize("path", ["/text", "/long"])
@pytest.mark.parametrize(
    ("accepted", "unpack"), [("br", brotli.decompress), ("gzip", gzip.decompress)]
)
async def test_a_text_is_compressed(path: str, accepted: str, unpack: object) -> None:
    """The same content in fewer bytes, their number said; its ETag is a weak one then."""
    plain, whole = await ask(path, "identity")
    answer, sent = await ask(path, accepted)
    assert callable(unpack)
    assert unpack(sent) == whole
    assert len(sent) < len(whole) / 10
    assert answer.headers["content-encoding"] == accepted
    assert answer.headers.get_list("content-length") == [str(len(sent))]
    assert "content-encoding" not in plain.headers
    for each in (plain, answer):
        assert each.headers["vary"] == "Accept-Encoding"
    if path == "/text":
        assert (plain.headers["etag"], answer.headers["etag"]) == ('"abc"', 'W/"abc"')


@pytest.mark.parametrize("path", ["/tiny", "/image", "/exact", "/stream"])
async def test_what_is_left_as_it_is(path: str) -> None:
    """Tiny, compressed already, meant byte by byte, or a stream whose chunks must leave at once."""
    answer, _ = await ask(path, "br, gzip")
    assert "content-encoding" not in answer.headers
    assert answer.headers.get("etag", '"abc"') == '"abc"'


@pytest.mark.parametrize("had", ['W/"abc"', '"abc"'])
async def test_a_304_has_the_etag_of_its_200(had: str) -> None:
    """Weak for who has the compressed answer, and it varies as that does."""
    answer, sent = await ask("/same", "br", had=had)
    assert (answer.status_code, sent) == (304, b"")
    assert answer.headers["etag"] == had
    assert answer.headers["vary"] == "Accept-Encoding"


async def test_head_has_no_body() -> None:
    """Nothing is made of nothing."""
    answer, sent = await ask("/text", "br", "HEAD")
    assert (answer.status_code, sent) == (200, b"")
