"""Reading the catalog: snapshots, searches, what is similar, and what value is made of."""

from typing import Annotated, Any

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta, Raw, Struct

from libs.common.contracts.catalog import Credential, Occupation, Skill
from libs.common.errors import NotFound
from libs.common.rules import value
from libs.common.schema_org import Names, document, item_list
from libs.common.web import json_response
from services.gateway.auth.guard import PUBLIC
from services.gateway.catalog.cards import Card, Cards
from services.gateway.catalog.similar import Similar
from services.gateway.catalog.view import CatalogView
from services.gateway.routes.operation import GatewayRequest, NoQuery, Operation, read_query
from services.gateway.routes.parameters import CredentialSearch, SimilarQuery, TermSearch
from services.gateway.usecases.searching import (
    Fallback,
    OccupationCard,
    Searching,
    SkillCard,
)

TAG = "Catalog"


class CardPage(Struct, frozen=True, kw_only=True):
    """For the document; the cards are sent as they are kept."""

    items: list[Card]
    next_cursor: str | None
    fallback: Fallback | None = None


class OccupationPage(Struct, frozen=True, kw_only=True):
    items: list[OccupationCard]
    next_cursor: str | None
    fallback: Fallback | None = None


class SkillPage(Struct, frozen=True, kw_only=True):
    items: list[SkillCard]
    next_cursor: str | None
    fallback: Fallback | None = None


class ValueWeights(Struct, frozen=True, kw_only=True):
    """low = Σ w·e·s / Σ w, high = Σ w·(e·s + 1 - e) / Σ w; ranked by low + kappa·(high - low)."""

    weights: dict[value.Component, float]
    kappa: float


LD_JSON = "application/ld+json"
LinkedData = Annotated[
    dict[str, Any],
    Meta(
        title="LinkedData",
        description="JSON-LD in the terms of schema.org.",
        extra_json_schema={
            "required": ["@context"],
            "properties": {"@context": {}},
            "additionalProperties": True,
        },
    ),
]


def _read(summary: str, answer: Any, query: type[Struct] = NoQuery, **more: Any) -> dict[str, Any]:
    return Operation(
        summary=summary, tag=TAG, keys=PUBLIC, query=query, answers={200: answer}, **more
    ).opt()


def catalog_routes(
    view: CatalogView, cards: Cards, similar: Similar, searching: Searching
) -> list[HTTPRouteHandler]:
    names = Names(view.skills, view.occupations, view.credentials)

    @get("/v1/credentials", opt=_read("Search credentials", CardPage, CredentialSearch))
    async def search_credentials(request: GatewayRequest) -> Response[bytes]:
        query = read_query(request, CredentialSearch)
        asked = (query.wanted(), request.auth.partner_id, query.limit, query.cursor)
        return json_response(await searching.credentials(*asked))

    @get(
        "/v1/schema.org/credentials",
        opt=_read(
            "Search credentials, as JSON-LD for search engines",
            LinkedData,
            CredentialSearch,
            media=LD_JSON,
        ),
    )
    async def search_schema_org(request: GatewayRequest) -> Response[bytes]:
        query = read_query(request, CredentialSearch)
        asked = (query.wanted(), request.auth.partner_id, query.limit, query.cursor)
        return _linked(item_list(await searching.found(*asked), names))

    @get("/v1/credentials/{credential_id:str}", opt=_read("A credential", Credential))
    async def get_credential(
        request: GatewayRequest, credential_id: FromPath[str]
    ) -> Response[bytes]:
        return json_response(_seen(view, credential_id, request.auth.partner_id))

    @get(
        "/v1/credentials/{credential_id:str}/similar",
        opt=_read("Credentials that teach much the same", CardPage, SimilarQuery),
    )
    async def get_similar(request: GatewayRequest, credential_id: FromPath[str]) -> Response[bytes]:
        credential = _seen(view, credential_id, request.auth.partner_id)
        limit = read_query(request, SimilarQuery).limit
        found = similar.to(credential, request.auth.partner_id, limit)
        items: list[Raw] = [cards.card(each, None, None) for each in found]
        return json_response({"items": items, "next_cursor": None})

    @get(
        "/v1/credentials/{credential_id:str}/schema.org",
        opt=_read("A credential as JSON-LD for search engines", LinkedData, media=LD_JSON),
    )
    async def get_schema_org(
        request: GatewayRequest, credential_id: FromPath[str]
    ) -> Response[bytes]:
        credential = _seen(view, credential_id, request.auth.partner_id)
        return _linked(document(credential, names))

    @get("/v1/occupations", opt=_read("Search occupations", OccupationPage, TermSearch))
    async def search_occupations(request: GatewayRequest) -> Response[bytes]:
        query = read_query(request, TermSearch)
        return json_response(await searching.occupations(query.q, query.limit, query.cursor))

    @get("/v1/occupations/{occupation_id:str}", opt=_read("An occupation", Occupation))
    async def get_occupation(occupation_id: FromPath[str]) -> Response[bytes]:
        return json_response(_known(view.occupations.get(occupation_id), "occupation"))

    @get("/v1/skills", opt=_read("Search skills", SkillPage, TermSearch))
    async def search_skills(request: GatewayRequest) -> Response[bytes]:
        query = read_query(request, TermSearch)
        return json_response(await searching.skills(query.q, query.limit, query.cursor))

    @get("/v1/skills/{skill_id:str}", opt=_read("A skill", Skill))
    async def get_skill(skill_id: FromPath[str]) -> Response[bytes]:
        return json_response(_known(view.skills.get(skill_id), "skill"))

    @get("/v1/value-weights", opt=_read("What value is made of", ValueWeights))
    async def get_value_weights() -> Response[bytes]:
        return json_response(ValueWeights(weights=value.WEIGHTS, kappa=value.KAPPA))

    return [
        search_credentials,
        search_schema_org,
        get_credential,
        get_similar,
        get_schema_org,
        search_occupations,
        get_occupation,
        search_skills,
        get_skill,
        get_value_weights,
    ]


def _linked(content: dict[str, Any]) -> Response[bytes]:
    return Response(msgspec.json.encode(content), media_type=LD_JSON)


def _seen(view: CatalogView, credential_id: str, partner_id: str | None) -> Credential:
    """Retired ones too; one meant for other partners only is not there for this one."""
    found: Credential = _known(view.credentials.get(credential_id), "credential")
    if found.audience and partner_id is not None and partner_id not in found.audience:
        return _known(None, "credential")  # type: ignore[no-any-return]
    return found


def _known(found: Any, kind: str) -> Any:
    if found is None:
        raise NotFound(f"There is no such {kind}.")
    return found
