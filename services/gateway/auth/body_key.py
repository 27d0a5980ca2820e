"""A key in the body, for a page's beacon: a header would cost it a preflight, which a page that closes cannot wait for."""

import msgspec
from litestar.types import HTTPReceiveMessage, Receive
from msgspec import Struct

from libs.common.errors import InvalidRequest, TooLarge

LIMIT = 64_000
"""Bytes; also the most that a browser sends for a page that has gone."""


class _Keyed(Struct):
    key: str | None = None


async def read_key(receive: Receive) -> tuple[str | None, Receive]:
    """The `key` of a JSON body, None where there is none, and a `receive` that gives the body again.

    Raises TooLarge beyond `LIMIT`; that a body is not JSON is for the handler to say, to who has a key.
    """
    body = await _whole(receive)
    given = False

    async def again() -> HTTPReceiveMessage:
        nonlocal given
        if given:
            return await receive()  # type: ignore[return-value]
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    try:
        return msgspec.json.decode(body, type=_Keyed).key, again
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None, again


async def _whole(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise InvalidRequest("The connection ended before the body did.")
        body += message["body"]
        if len(body) > LIMIT:
            raise TooLarge(f"The body is larger than {LIMIT} bytes.")
        more = message["more_body"]
    return body
