"""`PUT|GET|DELETE /partners/{partner_id}/learners/{learner_id}` and `GET …/key`."""

from typing import Any

from litestar import Request, Response, delete, get, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from libs.common.contracts.calls import LearnerBody
from libs.common.web import json_response, read_body
from services.profile.routes.paths import LEARNER
from services.profile.usecases.if_match import etag
from services.profile.usecases.learners import Learners


def learner_routes(learners: Learners) -> list[HTTPRouteHandler]:
    """The learner as a resource; `If-Match` and `ETag` speak of the revision."""

    @put(LEARNER)
    async def put_learner(
        request: Request[Any, Any, Any], partner_id: FromPath[str], learner_id: FromPath[str]
    ) -> Response[bytes]:
        body = await read_body(request, LearnerBody)
        learner, new = await learners.put(partner_id, learner_id, body, _if_match(request))
        return json_response(learner, 201 if new else 200, {"etag": etag(learner)})

    @get(LEARNER)
    async def get_learner(partner_id: FromPath[str], learner_id: FromPath[str]) -> Response[bytes]:
        learner = await learners.get(partner_id, learner_id)
        return json_response(learner, headers={"etag": etag(learner)})

    @delete(LEARNER, status_code=202)
    async def delete_learner(
        request: Request[Any, Any, Any], partner_id: FromPath[str], learner_id: FromPath[str]
    ) -> Response[bytes]:
        await learners.erase(partner_id, learner_id, _if_match(request))
        return json_response({}, 202)

    @get(f"{LEARNER}/key")
    async def get_key(partner_id: FromPath[str], learner_id: FromPath[str]) -> Response[bytes]:
        return json_response(await learners.ref(partner_id, learner_id))

    return [put_learner, get_learner, delete_learner, get_key]


def _if_match(request: Request[Any, Any, Any]) -> str | None:
    return request.headers.get("if-match")
