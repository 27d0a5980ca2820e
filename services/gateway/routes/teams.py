"""`POST /v1/teams/gap`."""

from typing import Annotated

import msgspec
from litestar import post
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta, Struct

from libs.common.contracts.teams import LEAST_MEMBERS, MOST_MEMBERS
from libs.common.contracts.types import Currency, LearnerId, OccupationId, Share
from libs.common.web import Answer, read_body
from services.gateway.auth.guard import PARTNER
from services.gateway.catalog.view import CatalogView
from services.gateway.routes.operation import GatewayRequest, Operation
from services.gateway.usecases.teams import Asked, ShownTeam, Teams


class TeamBody(Struct, frozen=True, kw_only=True):
    """Five to 50 learners, and the mean readiness to reach, 0 to 1."""

    learner_ids: Annotated[
        list[LearnerId],
        Meta(
            min_length=LEAST_MEMBERS,
            max_length=MOST_MEMBERS,
            extra_json_schema={"uniqueItems": True},
        ),
    ]
    occupation: OccupationId
    coverage: Share = 0.8
    currency: Currency = "USD"


TEAM_GAP = Operation(
    summary="Where a team's gaps are, and the cheapest credentials that close them",
    tag="Career",
    keys=PARTNER,
    body=TeamBody,
    answers={200: ShownTeam},
)


def team_routes(teams: Teams, view: CatalogView) -> list[HTTPRouteHandler]:
    @post("/v1/teams/gap", opt=TEAM_GAP.opt(), status_code=200)
    async def post_team_gap(request: GatewayRequest) -> Answer:
        body = await read_body(request, TeamBody)
        view.require_occupation(body.occupation, "/occupation")
        asked = Asked(**msgspec.structs.asdict(body))
        return Answer(msgspec.json.encode(await teams.gap(request.auth.partner, asked)))

    return [post_team_gap]
