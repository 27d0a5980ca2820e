"""`/v1/learners/{learner_id}`: the profile, erasure, export, and held credentials."""

from litestar import Response, delete, get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Struct

from libs.common.contracts.calls import LearnerBody, SelfReported
from libs.common.web import decode, json_response, read_body, read_bytes, require_media
from services.gateway.auth.guard import PARTNER_OR_LEARNER
from services.gateway.routes.badges import VC_JWT, OpenBadge, VcJwt, is_badge, require_jwt
from services.gateway.routes.operation import GatewayRequest, Operation, read_query
from services.gateway.routes.parameters import BadgeQuery
from services.gateway.usecases.learners import (
    Export,
    Learners,
    ShownCredentials,
    ShownLearner,
    TakenIn,
)
from services.gateway.usecases.ports import Badge


class Erasing(Struct, frozen=True):
    """Nothing to say: the learner is not found from now on."""


LEARNER = "/v1/learners/{learner_id:str}"
TAG = "Learners"
PUT = Operation(
    summary="Create or replace a learner",
    tag=TAG,
    keys=PARTNER_OR_LEARNER,
    body=LearnerBody,
    answers={200: ShownLearner, 201: ShownLearner},
    headers=("If-Match",),
)
GET = Operation(summary="A learner", tag=TAG, keys=PARTNER_OR_LEARNER, answers={200: ShownLearner})
DELETE = Operation(
    summary="Erase a learner",
    tag=TAG,
    keys=PARTNER_OR_LEARNER,
    answers={202: Erasing},
    headers=("If-Match",),
)
EXPORT = Operation(
    summary="Everything that is known of a learner",
    tag=TAG,
    keys=PARTNER_OR_LEARNER,
    answers={200: Export},
)
REPORT = Operation(
    summary="A credential that a learner says they hold, or a badge that shows it",
    tag=TAG,
    keys=PARTNER_OR_LEARNER,
    query=BadgeQuery,
    body=SelfReported,
    other_bodies=(("application/json", OpenBadge), (VC_JWT, VcJwt)),
    answers={201: TakenIn},
)
HELD = Operation(
    summary="What a learner holds",
    tag=TAG,
    keys=PARTNER_OR_LEARNER,
    answers={200: ShownCredentials},
)


def learner_routes(learners: Learners) -> list[HTTPRouteHandler]:
    @put(LEARNER, opt=PUT.opt())
    async def put_learner(request: GatewayRequest, learner_id: FromPath[str]) -> Response[bytes]:
        body = await read_body(request, LearnerBody)
        shown, created = await learners.put(
            request.auth.partner, learner_id, body, request.headers.get("if-match")
        )
        return json_response(shown, 201 if created else 200, _headers(shown))

    @get(LEARNER, opt=GET.opt())
    async def get_learner(request: GatewayRequest, learner_id: FromPath[str]) -> Response[bytes]:
        shown = await learners.get(request.auth.partner, learner_id)
        return json_response(shown, headers=_headers(shown))

    @delete(LEARNER, opt=DELETE.opt(), status_code=202)
    async def delete_learner(request: GatewayRequest, learner_id: FromPath[str]) -> Response[bytes]:
        await learners.erase(request.auth.partner, learner_id, request.headers.get("if-match"))
        return json_response(Erasing(), 202)

    @get(f"{LEARNER}/export", opt=EXPORT.opt())
    async def export_learner(request: GatewayRequest, learner_id: FromPath[str]) -> Response[bytes]:
        return json_response(await learners.export(request.auth.partner, learner_id))

    @post(f"{LEARNER}/credentials", opt=REPORT.opt(), status_code=201)
    async def report_credential(
        request: GatewayRequest, learner_id: FromPath[str]
    ) -> Response[bytes]:
        media = require_media(request, "application/json", VC_JWT)
        raw, partner = await read_bytes(request), request.auth.partner
        recipient = read_query(request, BadgeQuery).recipient
        if media == VC_JWT:
            require_jwt(raw)
            badge = Badge(VC_JWT, raw, recipient)
            taken = await learners.take_in_badge(partner, learner_id, badge)
        elif is_badge(raw):
            badge = Badge("application/json", raw, recipient)
            taken = await learners.take_in_badge(partner, learner_id, badge)
        else:
            taken = await learners.report(partner, learner_id, decode(raw, SelfReported))
        return json_response(taken, 201)

    @get(f"{LEARNER}/credentials", opt=HELD.opt())
    async def list_credentials(
        request: GatewayRequest, learner_id: FromPath[str]
    ) -> Response[bytes]:
        return json_response(await learners.credentials(request.auth.partner, learner_id))

    return [
        put_learner,
        get_learner,
        delete_learner,
        export_learner,
        report_credential,
        list_credentials,
    ]


def _headers(shown: ShownLearner) -> dict[str, str]:
    """`If-Match` compares strongly, so nobody may compress the answer and weaken its ETag."""
    return {"etag": f'"{shown.revision}"', "cache-control": "private, no-cache, no-transform"}
