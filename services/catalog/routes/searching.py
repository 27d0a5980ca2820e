"""Search of credentials, occupations and skills, and the dump of everything."""

from typing import Any, TypeVar

import msgspec
from litestar import Request, Response, get
from litestar.response import Stream
from litestar.types import ControllerRouterHandler

from libs.common.errors import Fault, InvalidRequest
from libs.common.web import json_response, known_query
from libs.common.web.pointers import fault
from services.catalog.domain.kinds import KindName
from services.catalog.ports import Store
from services.catalog.routes.parameters import CredentialSearch, TermSearch
from services.catalog.usecases.reading import dump, search

AnyRequest = Request[Any, Any, Any]
S = TypeVar("S", bound=CredentialSearch | TermSearch)


def search_routes(store: Store) -> list[ControllerRouterHandler]:
    """`GET` of the collections that can be searched."""
    return [
        _search(store, "credential", "/credentials", CredentialSearch),
        _search(store, "occupation", "/occupations", TermSearch),
        _search(store, "skill", "/skills", TermSearch),
    ]


def _search(
    store: Store, kind: KindName, path: str, parameters: type[S]
) -> ControllerRouterHandler:
    names = parameters.__struct_fields__

    @get(path, opt={"query": names})
    async def get_page(request: AnyRequest) -> Response[bytes]:
        asked = _read(known_query(request, *names), parameters)
        return json_response(await search(store, asked.query(kind), asked.cursor))

    return get_page


def _read(given: dict[str, str], parameters: type[S]) -> S:
    try:
        return msgspec.convert(given, parameters, strict=False)
    except msgspec.ValidationError as invalid:
        pointer, detail = fault(str(invalid))
        name = pointer.replace("/", "?", 1)
        raise InvalidRequest(f"{name}: {detail}", faults=[Fault(name, detail)]) from invalid


def dump_route(store: Store) -> ControllerRouterHandler:
    """`GET /dump`, for a view that starts while Kafka is away."""

    @get("/dump")
    async def get_dump() -> Stream:
        lines = dump(store)
        # The first batch is read before the answer begins, so that a database away is still a 503.
        first = await anext(lines, b"")

        async def body() -> Any:
            yield first
            async for batch in lines:
                yield batch

        return Stream(body(), media_type="application/x-ndjson")

    return get_dump
