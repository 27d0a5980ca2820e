"""`POST|GET /partners/{partner_id}/learners/{learner_id}/credentials`."""

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from libs.common.contracts.calls import HeldAnswer, HeldAnswers, SelfReported
from libs.common.contracts.profile import HeldCredential
from libs.common.web import json_response, read_body
from services.profile.routes.paths import LEARNER
from services.profile.usecases.learners import Learners

CREDENTIALS = f"{LEARNER}/credentials"


def credential_routes(learners: Learners) -> list[HTTPRouteHandler]:
    """What a learner holds; what they say of themself has not been verified by anyone."""

    @post(CREDENTIALS)
    async def report_credential(
        request: Request[Any, Any, Any], partner_id: FromPath[str], learner_id: FromPath[str]
    ) -> Response[bytes]:
        reported = await read_body(request, SelfReported)
        held = await learners.report(partner_id, learner_id, reported)
        return json_response(_answer(held), 201)

    @get(CREDENTIALS)
    async def list_credentials(
        partner_id: FromPath[str], learner_id: FromPath[str]
    ) -> Response[bytes]:
        learner = await learners.get(partner_id, learner_id)
        return json_response(HeldAnswers(items=[_answer(h) for h in learner.held_credentials]))

    return [report_credential, list_credentials]


def _answer(held: HeldCredential) -> HeldAnswer:
    return HeldAnswer(**msgspec.structs.asdict(held))
