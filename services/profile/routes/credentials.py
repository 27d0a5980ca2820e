"""`POST|GET /partners/{partner_id}/learners/{learner_id}/credentials` and `POST …/badges`."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from libs.common.contracts.calls import HeldAnswers, SelfReported
from libs.common.web import json_response, known_query, read_body, read_bytes, require_media
from services.profile.routes.paths import LEARNER
from services.profile.usecases.badges import Badges
from services.profile.usecases.learners import Learners
from services.profile.usecases.ports import Document

CREDENTIALS = f"{LEARNER}/credentials"


def credential_routes(learners: Learners, badges: Badges) -> list[HTTPRouteHandler]:
    """What a learner holds; what they say of themself has not been verified by anyone."""

    @post(CREDENTIALS)
    async def report_credential(
        request: Request[Any, Any, Any], partner_id: FromPath[str], learner_id: FromPath[str]
    ) -> Response[bytes]:
        reported = await read_body(request, SelfReported)
        held = await learners.report(partner_id, learner_id, reported)
        return json_response(await badges.answer(partner_id, learner_id, held), 201)

    @post(f"{LEARNER}/badges", opt={"query": ["recipient"]})
    async def take_in_badge(
        request: Request[Any, Any, Any], partner_id: FromPath[str], learner_id: FromPath[str]
    ) -> Response[bytes]:
        media = require_media(request, "application/json", "application/vc+jwt")
        recipient = known_query(request, "recipient").get("recipient")
        document = Document(media, await read_bytes(request), recipient)
        return json_response(await badges.take_in(partner_id, learner_id, document), 201)

    @get(CREDENTIALS)
    async def list_credentials(
        partner_id: FromPath[str], learner_id: FromPath[str]
    ) -> Response[bytes]:
        return json_response(HeldAnswers(items=await badges.held(partner_id, learner_id)))

    return [report_credential, take_in_badge, list_credentials]
