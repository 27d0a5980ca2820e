"""`PUT` and `GET` of one snapshot, the same for every kind."""

from typing import Any

from litestar import Request, Response, delete, get, put
from litestar.types import ControllerRouterHandler

from libs.common.web import json_response, known_query, read_body
from services.catalog.domain.kinds import CREDENTIAL, Kind
from services.catalog.ports import Store
from services.catalog.usecases.publishing import publish, retire
from services.catalog.usecases.reading import look_up

AnyRequest = Request[Any, Any, Any]


def snapshot_routes(store: Store, kind: Kind, path: str) -> list[ControllerRouterHandler]:
    """The path's parameters are the kind's ids, in their order."""

    @put(path)
    async def put_snapshot(request: AnyRequest) -> Response[bytes]:
        body = await read_body(request, kind.body)
        done = await publish(store, kind, _key(request, kind), body)
        return json_response(done.snapshot, 201 if done.change == "created" else 200)

    @get(path)
    async def get_snapshot(request: AnyRequest) -> Response[bytes]:
        return json_response(await look_up(store, kind, _key(request, kind)))

    return [put_snapshot, get_snapshot]


def retirement_route(store: Store, path: str) -> ControllerRouterHandler:
    """`DELETE` of a credential, which keeps it and says what supersedes it."""

    @delete(path, status_code=200, opt={"query": ["superseded_by"]})
    async def delete_credential(request: AnyRequest) -> Response[bytes]:
        successor = known_query(request, "superseded_by").get("superseded_by")
        return json_response(await retire(store, _key(request, CREDENTIAL), successor))

    return delete_credential


def _key(request: AnyRequest, kind: Kind) -> str:
    return kind.key(dict(zip(kind.ids, request.path_params.values(), strict=True)))
