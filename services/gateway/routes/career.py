"""`GET /v1/learners/{learner_id}/gap`, `POST /v1/gap`, `POST /v1/learners/{learner_id}/pathways`."""

from typing import Annotated

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta, Struct

from libs.common.contracts.calls import Constraints, Target
from libs.common.contracts.career import Toward
from libs.common.contracts.types import Count, Hours, Money, OccupationId
from libs.common.web import Answer, read_body
from services.gateway.auth.guard import PARTNER, PARTNER_OR_LEARNER
from services.gateway.catalog.view import CatalogView
from services.gateway.messages.languages import Languages
from services.gateway.routes.language import ACCEPTED, json_in, language_of
from services.gateway.routes.operation import GatewayRequest, Operation, read_query
from services.gateway.routes.recommendations import WhatIfBody
from services.gateway.usecases.career import Career, ShownGap, ShownPathway


class GapQuery(Struct, frozen=True, kw_only=True):
    """Without an occupation the learner's own goal is meant."""

    occupation: OccupationId | None = None


class PathwayBody(Struct, frozen=True, kw_only=True):
    """What bounds the whole path; a part that is absent is the learner's own."""

    occupation: OccupationId
    budget: Money | None = None
    hours_per_week: Hours | None = None
    deadline_weeks: Count | None = None
    max_steps: Annotated[int, Meta(ge=1, le=20)] | None = None

    def toward(self) -> Toward:
        """The question for the recommender."""
        limits = Constraints(
            max_cost=self.budget,
            hours_per_week=self.hours_per_week,
            deadline_weeks=self.deadline_weeks,
        )
        return Toward(occupation=self.occupation, constraints=limits, max_steps=self.max_steps)


class GapBody(WhatIfBody, frozen=True, kw_only=True):
    """An anonymous learner and the goal that the gap is to."""

    target: Target


GAP = Operation(
    summary="What a learner holds of an occupation and what is missing",
    tag="Career",
    keys=PARTNER_OR_LEARNER,
    query=GapQuery,
    answers={200: ShownGap},
    headers=(ACCEPTED,),
)
ANONYMOUS_GAP = Operation(
    summary="The gap of an anonymous learner to an occupation, skills or a job posting",
    tag="Career",
    keys=PARTNER,
    body=GapBody,
    answers={200: ShownGap},
    headers=(ACCEPTED,),
)
PATHWAY = Operation(
    summary="A path of credentials toward an occupation, within money and hours",
    tag="Career",
    keys=PARTNER_OR_LEARNER,
    body=PathwayBody,
    answers={200: ShownPathway},
    headers=(ACCEPTED,),
)


def career_routes(
    career: Career, view: CatalogView, languages: Languages
) -> list[HTTPRouteHandler]:
    @get("/v1/learners/{learner_id:str}/gap", opt=GAP.opt())
    async def get_gap(request: GatewayRequest, learner_id: FromPath[str]) -> Answer:
        query = read_query(request, GapQuery)
        view.require_occupation(query.occupation, "?occupation")
        toward = Toward(occupation=query.occupation)
        language = language_of(request, languages)
        found = await career.gap(request.auth.partner, learner_id, toward, language)
        return _json(found, language)

    @post("/v1/gap", opt=ANONYMOUS_GAP.opt(), status_code=200)
    async def post_gap(request: GatewayRequest) -> Answer:
        body = await read_body(request, GapBody)
        view.require_occupation(body.target.occupation, "/target/occupation")
        language = language_of(request, languages)
        return _json(await career.gap_of(body.what_if(request.auth.partner), language), language)

    @post("/v1/learners/{learner_id:str}/pathways", opt=PATHWAY.opt(), status_code=200)
    async def post_pathway(request: GatewayRequest, learner_id: FromPath[str]) -> Answer:
        body = await read_body(request, PathwayBody)
        view.require_occupation(body.occupation, "/occupation")
        language = language_of(request, languages)
        found = await career.pathway(request.auth.partner, learner_id, body.toward(), language)
        return _json(found, language)

    return [get_gap, post_gap, post_pathway]


def _json(shown: Struct, language: str) -> Answer:
    return json_in(msgspec.json.encode(shown), language)
