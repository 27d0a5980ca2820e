"""`GET /v1/learners/{learner_id}/recommendations/stream`: Server-Sent Events (WHATWG HTML, 9.2)."""

import asyncio
from collections.abc import AsyncGenerator
from time import monotonic
from typing import Literal

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Struct

from libs.common.contracts.calls import Limit
from libs.common.web import Streamed
from services.gateway.auth.guard import PARTNER_OR_LEARNER, header
from services.gateway.messages.languages import Languages
from services.gateway.routes.language import ACCEPTED, language_headers, language_of
from services.gateway.routes.operation import GatewayRequest, Operation, read_query
from services.gateway.usecases.answer import Written
from services.gateway.usecases.served import Ask
from services.gateway.usecases.streaming import Streams, Subscription

EVENTS = "text/event-stream"
HEARTBEAT_SECONDS = 15.0
# A key may have been revoked since, a token expired; who comes back goes on with Last-Event-ID.
LONGEST_SECONDS = 600.0
HEARTBEAT = b": still here\n\n"
RETRY = b"retry: 2000\n"
NO_STORE = (b"cache-control", b"no-store")


class StreamQuery(Struct, frozen=True, kw_only=True):
    limit: Limit = 10


class ShownEvent(Struct, frozen=True, kw_only=True):
    """One event; `data` is the answer of the list as JSON, `id` what `Last-Event-ID` takes."""

    id: str
    event: Literal["recommendations"]
    data: str
    retry: int


STREAM = Operation(
    summary="A learner's recommendations whenever they change, as Server-Sent Events",
    tag="Recommendations",
    keys=PARTNER_OR_LEARNER,
    query=StreamQuery,
    answers={200: ShownEvent},
    media=EVENTS,
    headers=("Last-Event-ID", ACCEPTED),
)


def stream_routes(streams: Streams, languages: Languages) -> list[HTTPRouteHandler]:
    @get("/v1/learners/{learner_id:str}/recommendations/stream", opt=STREAM.opt())
    async def get_stream(request: GatewayRequest, learner_id: FromPath[str]) -> Streamed:
        query = read_query(request, StreamQuery)
        language = language_of(request, languages)
        ask = Ask(
            partner_id=request.auth.partner,
            learner_id=learner_id,
            limit=query.limit,
            language=language,
        )
        had = header(request.scope, b"last-event-id")
        stopping: asyncio.Event = request.app.stopping  # type: ignore[attr-defined]
        headers = (NO_STORE, *language_headers(language))
        return Streamed(_events(streams, ask, had, stopping), EVENTS, headers)

    return [get_stream]


async def _events(
    streams: Streams, ask: Ask, had: str | None, stopping: asyncio.Event
) -> AsyncGenerator[bytes, None]:
    """Events until the process is asked to stop, or whoever looks has to show again that they may; what the client `had`
    already is not sent again."""
    until = monotonic() + LONGEST_SECONDS
    async with streams.of(ask) as subscription:
        while monotonic() < until and (chunk := await _chunk(subscription, had, stopping)):
            yield chunk


async def _chunk(
    subscription: Subscription, had: str | None, stopping: asyncio.Event
) -> bytes | None:
    """The next event, or a comment; None once the process is asked to stop."""
    stop = asyncio.ensure_future(stopping.wait())
    coming = asyncio.ensure_future(subscription.next(HEARTBEAT_SECONDS))
    try:
        await asyncio.wait((stop, coming), return_when=asyncio.FIRST_COMPLETED)
        if not coming.done():
            return None
        written = coming.result()
        return HEARTBEAT if written is None or _id(written) == had else _event(written)
    finally:
        for each in (stop, coming):
            each.cancel()


def _id(written: Written) -> str:
    return written.etag.strip('"')


def _event(written: Written) -> bytes:
    head = f"id: {_id(written)}\nevent: recommendations\n".encode()
    return RETRY + head + b"data: " + written.body + b"\n\n"
