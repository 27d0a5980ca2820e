"""Reading request bodies within limits. What is not read is drained by the boundary."""

from collections.abc import AsyncIterator
from email.message import Message
from typing import Any, TypeVar

from litestar import Request

from libs.common.errors import InvalidRequest, TooLarge, UnsupportedMedia
from libs.common.web.decoding import decode

T = TypeVar("T")

BODY_LIMIT = 1_000_000
NDJSON_LIMIT = 16_000_000


async def read_body(
    request: Request[Any, Any, Any], kind: type[T], *, limit: int = BODY_LIMIT
) -> T:
    """The JSON body as a Struct; `limit` in bytes.

    Raises UnsupportedMedia, TooLarge, or InvalidRequest with JSON pointers; fields that the Struct
    does not have are refused at every depth.
    """
    require_media(request, "application/json")
    return decode(await read_bytes(request, limit=limit), kind)


def require_media(request: Request[Any, Any, Any], *allowed: str) -> str:
    """The body's media type without parameters. Raises UnsupportedMedia unless it is allowed, in UTF-8
    and not compressed.

    `application/json` allows every `…+json` as well.
    """
    coding = request.headers.get("content-encoding", "").strip().lower()
    if coding not in ("", "identity"):
        raise UnsupportedMedia(f"The body must not be encoded, not even as {coding}.")
    declared = Message()
    declared["content-type"] = request.headers.get("content-type", "")
    charset = declared.get_content_charset("utf-8")
    if charset not in ("utf-8", "utf8", "us-ascii"):
        raise UnsupportedMedia(f"The body must be UTF-8, not {charset}.")
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given in allowed or ("application/json" in allowed and given.endswith("+json")):
        return given
    raise UnsupportedMedia(f"The body must be {' or '.join(allowed)}, not {given or 'untyped'}.")


async def read_bytes(request: Request[Any, Any, Any], *, limit: int = BODY_LIMIT) -> bytes:
    """The whole body. Raises TooLarge beyond `limit` bytes."""
    return b"".join([chunk async for chunk in read_chunks(request, limit=limit)])


async def read_chunks(request: Request[Any, Any, Any], *, limit: int) -> AsyncIterator[bytes]:
    """The body as it arrives. Raises TooLarge as soon as it is known to exceed `limit` bytes."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise _too_large(limit)
    seen, more = 0, True
    while more:
        message = await request.receive()
        if message["type"] != "http.request":
            raise InvalidRequest("The connection ended before the body did.")
        seen += len(message["body"])
        if seen > limit:
            raise _too_large(limit)
        if message["body"]:
            yield message["body"]
        more = message["more_body"]


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body is larger than {limit} bytes.")
