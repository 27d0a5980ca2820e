"""`GET /v1/learners/{learner_id}/recommendations`, `POST /v1/recommendations`, the widget's."""

from typing import Annotated

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta, Struct

from libs.common.contracts.calls import Constraints, Limit, Target, WhatIf
from libs.common.contracts.profile import HeldSkill
from libs.common.contracts.types import CredentialId
from libs.common.web import Answer as Answered
from libs.common.web import read_body
from services.gateway.auth.guard import ANONYMOUS, PARTNER_OR_LEARNER, header
from services.gateway.catalog.view import CatalogView
from services.gateway.messages.languages import Languages
from services.gateway.metrics import count_answer
from services.gateway.routes.language import ACCEPTED, Headers, language_headers, language_of
from services.gateway.routes.operation import GatewayRequest, Operation, read_query
from services.gateway.routes.parameters import RecommendationQuery, WidgetQuery
from services.gateway.usecases.answer import Answer, Written
from services.gateway.usecases.recommendations import Recommendations
from services.gateway.usecases.served import Ask

JSON = (b"content-type", b"application/json")
PERSONAL = ((b"cache-control", b"private, no-cache"),)
# A shared cache must not hand one partner's answer to another, whose key may be in a header.
BY_KEY = (b"vary", b"Authorization")
WIDGET = ((b"cache-control", b"public, max-age=60"), BY_KEY)
# A degraded answer is not worth keeping for long.
WIDGET_DEGRADED = ((b"cache-control", b"public, max-age=5"), BY_KEY)


class WhatIfBody(Struct, frozen=True, kw_only=True):
    """An anonymous learner; every part is optional."""

    skills: Annotated[list[HeldSkill], Meta(max_length=1_000)] = []
    completed: Annotated[list[CredentialId], Meta(max_length=1_000)] = []
    viewed: Annotated[list[CredentialId], Meta(max_length=1_000)] = []
    target: Target | None = None
    constraints: Constraints = Constraints()
    limit: Limit = 10

    def what_if(self, partner_id: str) -> WhatIf:
        """The question for the recommender."""
        given = {name: getattr(self, name) for name in self.__struct_fields__}
        return WhatIf(**given, audience=partner_id)


OF_LEARNER = Operation(
    summary="A learner's recommendations",
    tag="Recommendations",
    keys=PARTNER_OR_LEARNER,
    query=RecommendationQuery,
    answers={200: Answer, 304: None},
    headers=("If-None-Match", ACCEPTED),
)
ANONYMOUSLY = Operation(
    summary="Recommendations for an anonymous learner, or what if; nothing is stored",
    tag="Recommendations",
    keys=ANONYMOUS,
    body=WhatIfBody,
    answers={200: Answer},
    headers=(ACCEPTED,),
)
FOR_A_PAGE = Operation(
    summary="Recommendations for a job page",
    tag="Recommendations",
    keys=ANONYMOUS,
    query=WidgetQuery,
    answers={200: Answer, 304: None},
    headers=("If-None-Match", ACCEPTED),
)


def recommendation_routes(
    recommendations: Recommendations, view: CatalogView, languages: Languages
) -> list[HTTPRouteHandler]:
    @get("/v1/learners/{learner_id:str}/recommendations", opt=OF_LEARNER.opt())
    async def get_recommendations(request: GatewayRequest, learner_id: FromPath[str]) -> Answered:
        query = read_query(request, RecommendationQuery)
        view.require_occupation(query.occupation, "?occupation")
        ask = Ask(
            partner_id=request.auth.partner,
            learner_id=learner_id,
            limit=query.limit,
            narrowing=query.narrowing(),
            min_position=query.min_position,
            language=language_of(request, languages),
        )
        return _answer(request, await recommendations.of_learner(ask), PERSONAL)

    @post("/v1/recommendations", opt=ANONYMOUSLY.opt(), status_code=200)
    async def post_recommendations(request: GatewayRequest) -> Answered:
        body = await read_body(request, WhatIfBody)
        if body.target is not None:
            view.require_occupation(body.target.occupation, "/target/occupation")
        question = body.what_if(request.auth.partner)
        written = await recommendations.what_if(question, language_of(request, languages))
        count_answer(written.fallback)
        headers = (JSON, (b"cache-control", b"no-store"), *language_headers(written.language))
        return Answered(written.body, headers=headers)

    @get("/v1/widget/recommendations", opt=FOR_A_PAGE.opt())
    async def get_widget_recommendations(request: GatewayRequest) -> Answered:
        query = read_query(request, WidgetQuery)
        language = language_of(request, languages, query.language)
        written = await recommendations.what_if(query.what_if(request.auth.partner), language)
        caching = WIDGET if written.fallback is None else WIDGET_DEGRADED
        return _answer(request, written, caching)

    return [get_recommendations, post_recommendations, get_widget_recommendations]


def _answer(request: GatewayRequest, written: Written, caching: Headers) -> Answered:
    """The answer, or 304 for who has it already (RFC 9110, 13.1.2)."""
    count_answer(written.fallback)
    headers = (
        JSON,
        (b"etag", written.etag.encode()),
        *caching,
        *language_headers(written.language),
    )
    if _has(header(request.scope, b"if-none-match"), written.etag):
        return Answered(b"", 304, headers[1:])
    return Answered(written.body, headers=headers)


def _has(if_none_match: str | None, etag: str) -> bool:
    if if_none_match is None:
        return False
    tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return "*" in tags or etag in tags
