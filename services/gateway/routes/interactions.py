"""`POST /v1/learners/{learner_id}/interactions` and, for many learners at once, `POST /v1/interactions`."""

from collections.abc import AsyncIterator

from litestar import Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from libs.common.web import json_response, read_body, read_bytes, read_lines, require_media
from libs.common.web.body import NDJSON_LIMIT
from services.gateway.auth.guard import PARTNER
from services.gateway.routes.operation import GatewayRequest, Operation
from services.gateway.usecases.interactions import (
    Accepted,
    Events,
    Interactions,
    Line,
    LineAnswer,
)

NDJSON = "application/x-ndjson"
OF_LEARNER = Operation(
    summary="What a learner did; `position` covers all accepted events",
    tag="Interactions",
    keys=PARTNER,
    body=Events,
    answers={202: Accepted},
)
OF_MANY = Operation(
    summary="What many learners did: a line each, in and out, in the same order",
    tag="Interactions",
    keys=PARTNER,
    body=Line,
    media=NDJSON,
    answers={200: LineAnswer},
)


def interaction_routes(interactions: Interactions) -> list[HTTPRouteHandler]:
    @post("/v1/learners/{learner_id:str}/interactions", opt=OF_LEARNER.opt(), status_code=202)
    async def post_interactions(
        request: GatewayRequest, learner_id: FromPath[str]
    ) -> Response[bytes]:
        body = await read_body(request, Events)
        taken = await interactions.accept(request.auth.partner, learner_id, body.events)
        return json_response(taken, 202)

    @post("/v1/interactions", opt=OF_MANY.opt(), status_code=200)
    async def post_bulk(request: GatewayRequest) -> Response[bytes]:
        require_media(request, NDJSON, "application/ndjson", "application/jsonl")
        answers = await interactions.accept_lines(request.auth.partner, await _lines(request))
        return Response(answers, status_code=200, media_type=NDJSON)

    return [post_interactions, post_bulk]


async def _lines(request: GatewayRequest) -> AsyncIterator[bytes]:
    """As they arrive where the length is known to be allowed, else only once all have: a body that
    turns out too long must not have been half stored."""
    if request.headers.get("content-length"):
        return read_lines(request, line_limit=NDJSON_LIMIT)
    return _split(await read_bytes(request, limit=NDJSON_LIMIT))


async def _split(body: bytes) -> AsyncIterator[bytes]:
    for line in body.removesuffix(b"\n").split(b"\n") if body else ():
        yield line.removesuffix(b"\r")
