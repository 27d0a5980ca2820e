"""`/v1/partners`: administration of partners and their keys."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal

from litestar import Response, delete, get, patch, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.json import encode

from libs.common.web import json_response, read_body
from services.gateway.auth.guard import ADMIN, given_key, header, required
from services.gateway.auth.identity import Identity
from services.gateway.auth.origins import PATTERN as ORIGIN_PATTERN
from services.gateway.auth.partner import Change, Partner
from services.gateway.auth.receipts import receipt
from services.gateway.routes.operation import GatewayRequest, Operation, read_query
from services.gateway.usecases import partners

TAG = "Partners"
IDEMPOTENCY_KEY = "Idempotency-Key"
Name = Annotated[str, Meta(min_length=1, max_length=200)]
PartnerId = Annotated[str, Meta(pattern="^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
Origin = Annotated[str, Meta(pattern=ORIGIN_PATTERN, max_length=300)]
Origins = Annotated[list[Origin], Meta(max_length=100)]
Identities = Annotated[list[Identity], Meta(max_length=20)]
PerSecond = Annotated[int, Meta(ge=1, le=1_000_000)]


class PartnerBody(Struct, frozen=True, kw_only=True):
    """A new partner; without an id it gets a random one."""

    name: Name
    id: PartnerId | None = None
    allowed_origins: Origins = []
    requests_per_second: PerSecond | None = None
    identities: Identities = []


class PartnerPatch(Struct, frozen=True, kw_only=True):
    """What is absent stays; a list replaces the one there was; a limit of null is the default."""

    name: Name | None = None
    allowed_origins: Origins | None = None
    requests_per_second: PerSecond | UnsetType | None = UNSET
    identities: Identities | None = None


class KeyBody(Struct, frozen=True, kw_only=True):
    """Two of a kind may be in force at a time, for rotation."""

    kind: Literal["publishable", "secret"] = "secret"


class RevokeQuery(Struct, frozen=True, kw_only=True):
    """Which key, by the prefix that the partner shows."""

    prefix: Annotated[str, Meta(min_length=1, max_length=50)]


class Partners(Struct, frozen=True, kw_only=True):
    """All partners, the oldest first."""

    items: list[Partner]


LIST = Operation(summary="All partners", tag=TAG, keys=ADMIN, answers={200: Partners})
SHOW = Operation(summary="A partner", tag=TAG, keys=ADMIN, answers={200: Partner})
CREATE = Operation(
    summary="Create a partner; its keys are shown this once",
    tag=TAG,
    keys=ADMIN,
    body=PartnerBody,
    answers={201: partners.NewPartner},
    headers=(IDEMPOTENCY_KEY,),
)
CHANGE = Operation(
    summary="Change a partner: its name, origins, rate limit, or who signs for its learners",
    tag=TAG,
    keys=ADMIN,
    body=PartnerPatch,
    answers={200: Partner},
)
ADD_KEY = Operation(
    summary="Add a key, shown this once; 409 when two of the kind are in force",
    tag=TAG,
    keys=ADMIN,
    body=KeyBody,
    answers={201: partners.NewKey},
    headers=(IDEMPOTENCY_KEY,),
)
REVOKE_KEY = Operation(
    summary="Revoke a key; every gateway refuses it within ten seconds",
    tag=TAG,
    keys=ADMIN,
    query=RevokeQuery,
    answers={200: Partner},
)


def partner_routes(store: partners.Store) -> list[HTTPRouteHandler]:
    @get("/v1/partners", opt=LIST.opt())
    async def list_partners() -> Response[bytes]:
        return json_response(Partners(items=await store.list()))

    @post("/v1/partners", opt=CREATE.opt(), status_code=201)
    async def create_partner(request: GatewayRequest) -> Response[bytes]:
        body = await read_body(request, PartnerBody)
        change = Change(
            allowed_origins=body.allowed_origins,
            requests_per_second=body.requests_per_second,
            identities=body.identities,
        )

        async def create(acting: partners.Store) -> bytes:
            return encode(await partners.create(acting, body.id, body.name, change))

        return await _once(store, request, body, create)

    @get("/v1/partners/{partner_id:str}", opt=SHOW.opt())
    async def get_partner(partner_id: FromPath[str]) -> Response[bytes]:
        return json_response(await store.get(partner_id))

    @patch("/v1/partners/{partner_id:str}", opt=CHANGE.opt())
    async def change_partner(request: GatewayRequest, partner_id: FromPath[str]) -> Response[bytes]:
        body = await read_body(request, PartnerPatch)
        wanted = Change(**{name: getattr(body, name) for name in body.__struct_fields__})
        return json_response(await partners.change(_by(store, request), partner_id, wanted))

    @post("/v1/partners/{partner_id:str}/keys", opt=ADD_KEY.opt(), status_code=201)
    async def add_key(request: GatewayRequest, partner_id: FromPath[str]) -> Response[bytes]:
        body = await read_body(request, KeyBody)

        async def add(acting: partners.Store) -> bytes:
            return encode(await partners.add_key(acting, partner_id, body.kind))

        return await _once(store, request, body, add)

    @delete("/v1/partners/{partner_id:str}/keys", opt=REVOKE_KEY.opt(), status_code=200)
    async def revoke_key(request: GatewayRequest, partner_id: FromPath[str]) -> Response[bytes]:
        prefix = read_query(request, RevokeQuery).prefix
        await _by(store, request).revoke_key(prefix, partner_id)
        return json_response(await store.get(partner_id))

    return [list_partners, create_partner, get_partner, change_partner, add_key, revoke_key]


def _by(store: partners.Store, request: GatewayRequest) -> partners.Store:
    return store.acting_as(f"key {request.auth.key_prefix}")


async def _once(
    store: partners.Store,
    request: GatewayRequest,
    body: Struct,
    work: Callable[[partners.Store], Awaitable[bytes]],
) -> Response[bytes]:
    """What the work answers; under an Idempotency-Key what it answered the first time. A key must not stay in any
    cache."""
    acting, name = _by(store, request), header(request.scope, IDEMPOTENCY_KEY.lower().encode())
    if name is None:
        answer = await work(acting)
    else:
        key = required(given_key(request.scope)[0])
        asked = request.method, request.scope["path"], body
        answer = await acting.once(receipt(name, key, request.auth.key_prefix, *asked), work)
    return json_response(answer, 201, {"cache-control": "no-store"})
