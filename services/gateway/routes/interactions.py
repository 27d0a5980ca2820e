"""`POST /v1/learners/{learner_id}/interactions` and, for many learners at once, `POST /v1/interactions`."""

from litestar import Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from libs.common.web import Streamed, json_response, read_body, read_bytes, require_media
from libs.common.web.body import NDJSON_LIMIT
from services.gateway.auth.guard import PARTNER, PARTNER_OR_LEARNER
from services.gateway.routes.operation import GatewayRequest, Operation
from services.gateway.usecases.bulk import MOST_LINES, Bulk, Line, LineAnswer, numbered
from services.gateway.usecases.interactions import Accepted, Events, Interactions

NDJSON = "application/x-ndjson"
OF_LEARNER = Operation(
    summary="What a learner did; `position` covers all accepted events",
    tag="Interactions",
    keys=PARTNER_OR_LEARNER,
    body=Events,
    answers={202: Accepted},
)
OF_MANY = Operation(
    summary=f"What many learners did: a line each, in and out, in the same order; at most {MOST_LINES}",
    tag="Interactions",
    keys=PARTNER,
    body=Line,
    media=NDJSON,
    answers={200: LineAnswer},
)


def interaction_routes(interactions: Interactions) -> list[HTTPRouteHandler]:
    bulk = Bulk(interactions)

    @post("/v1/learners/{learner_id:str}/interactions", opt=OF_LEARNER.opt(), status_code=202)
    async def post_interactions(
        request: GatewayRequest, learner_id: FromPath[str]
    ) -> Response[bytes]:
        body = await read_body(request, Events)
        taken = await interactions.accept(request.auth.partner, learner_id, body.events)
        return json_response(taken, 202)

    @post("/v1/interactions", opt=OF_MANY.opt(), status_code=200)
    async def post_bulk(request: GatewayRequest) -> Streamed:
        require_media(request, NDJSON, "application/ndjson", "application/jsonl")
        # All of it before the first answer: what turns out too long must not have been half stored,
        # and a client that reads nothing until it has sent everything must not block us.
        lines = numbered(await read_bytes(request, limit=NDJSON_LIMIT))
        return Streamed(bulk.accept(request.auth.partner, lines), NDJSON)

    return [post_interactions, post_bulk]
