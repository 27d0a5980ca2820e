"""`POST /partners/{partner_id}/interactions`."""

from typing import Any

from litestar import Request, Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from libs.common.contracts.calls import NewInteractions
from libs.common.web import json_response, read_body
from services.profile.routes.paths import PARTNER
from services.profile.usecases.interactions import Interactions

# A thousand events with ids of 500 characters, none of them ASCII.
LARGEST_CALL = 16_000_000


def interaction_routes(interactions: Interactions) -> list[HTTPRouteHandler]:
    """Interactions of any number of the partner's learners, in one call."""

    @post(f"{PARTNER}/interactions", status_code=200)
    async def post_interactions(
        request: Request[Any, Any, Any], partner_id: FromPath[str]
    ) -> Response[bytes]:
        body = await read_body(request, NewInteractions, limit=LARGEST_CALL)
        return json_response(await interactions.accept(partner_id, body.events))

    return [post_interactions]
