"""Catalog writes, for administrators. The bodies are the catalog's to judge; they pass as they are."""

from typing import Any

from litestar import Response, delete, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from libs.common.contracts import catalog
from libs.common.web import json_response, read_bytes, require_media
from services.gateway.auth.guard import ADMIN
from services.gateway.routes.operation import GatewayRequest, Operation, read_query
from services.gateway.routes.parameters import RetireQuery
from services.gateway.usecases.publishing import Done, Publishing

KINDS: dict[str, tuple[type[Any], type[catalog.CatalogSnapshot]]] = {
    "credentials/{credential_id:str}": (catalog.CredentialBody, catalog.Credential),
    "occupations/{occupation_id:str}": (catalog.OccupationBody, catalog.Occupation),
    "skills/{skill_id:str}": (catalog.SkillBody, catalog.Skill),
    "regulations/{occupation_id:str}/{jurisdiction:str}": (
        catalog.RegulationBody,
        catalog.Regulation,
    ),
    "demand/{region:str}/{occupation_id:str}": (catalog.DemandBody, catalog.Demand),
}
RETIRE = Operation(
    summary="Retire a credential; its card stays for those who hold it",
    tag="Catalog",
    keys=ADMIN,
    query=RetireQuery,
    answers={200: catalog.Credential, 202: catalog.Credential},
)


def publishing_routes(publishing: Publishing) -> list[HTTPRouteHandler]:
    @delete("/v1/credentials/{credential_id:str}", opt=RETIRE.opt(), status_code=200)
    async def delete_credential(
        request: GatewayRequest, credential_id: FromPath[str]
    ) -> Response[bytes]:
        successor = read_query(request, RetireQuery).superseded_by
        return _answer(await publishing.retire(credential_id, successor))

    puts = [_put(publishing, path, *kinds) for path, kinds in KINDS.items()]
    return [delete_credential, *puts]


def _put(
    publishing: Publishing,
    path: str,
    body: type[Any],
    snapshot: type[catalog.CatalogSnapshot],
) -> HTTPRouteHandler:
    operation = Operation(
        summary=f"Publish a snapshot: {snapshot.__name__.lower()}",
        tag="Catalog",
        keys=ADMIN,
        body=body,
        answers={200: snapshot, 201: snapshot, 202: snapshot},
    )
    collection = path.partition("/")[0]

    @put(f"/v1/{path}", opt=operation.opt())
    async def put_snapshot(request: GatewayRequest) -> Response[bytes]:
        require_media(request, "application/json")
        segments = (collection, *request.path_params.values())
        return _answer(await publishing.put(snapshot, segments, await read_bytes(request)))

    return put_snapshot


def _answer(done: Done) -> Response[bytes]:
    return json_response(done.body, done.status)
