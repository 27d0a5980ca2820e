"""The HTTP interface of the recommender, for the gateway only: it trusts its caller and is never public."""

from typing import Any

import msgspec
from litestar import Request, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Struct

from libs.common.contracts.calls import Narrowing, WhatIf
from libs.common.contracts.career import AnonymousPath, Toward
from libs.common.contracts.redis_values import pack
from libs.common.contracts.teams import TeamQuestion
from libs.common.web import Answer, read_body
from services.recommender.api.usecases import Recommending

LEARNER = "/learners/{partition:int}/{learner_key:str}"
PACKED = ((b"content-type", b"application/msgpack"),)
AnyRequest = Request[Any, Any, Any]


def routes(recommending: Recommending) -> list[HTTPRouteHandler]:
    """All of them; lists and states are packed Structs, gaps and paths JSON."""

    @post("/whatif", status_code=200)
    async def whatif(request: AnyRequest) -> Answer:
        return _packed(recommending.whatif(await read_body(request, WhatIf)))

    @post(f"{LEARNER}/rank", status_code=200)
    async def rank_for(
        request: AnyRequest, partition: FromPath[int], learner_key: FromPath[str]
    ) -> Answer:
        asked = await read_body(request, Narrowing)
        return _packed(await recommending.narrowed(partition, learner_key, asked))

    @post(f"{LEARNER}/repair", status_code=200)
    async def repair(partition: FromPath[int], learner_key: FromPath[str]) -> Answer:
        return _packed(await recommending.repaired(partition, learner_key))

    @get(f"{LEARNER}/state")
    async def state_of(partition: FromPath[int], learner_key: FromPath[str]) -> Answer:
        return _packed(await recommending.state(partition, learner_key))

    @post("/gap", status_code=200)
    async def gap(request: AnyRequest) -> Answer:
        return _json(recommending.anonymous_gap(await read_body(request, WhatIf)))

    @post("/pathway", status_code=200)
    async def pathway(request: AnyRequest) -> Answer:
        asked = await read_body(request, AnonymousPath)
        return _json(recommending.anonymous_pathway(asked))

    @post(f"{LEARNER}/gap", status_code=200)
    async def gap_of(
        request: AnyRequest, partition: FromPath[int], learner_key: FromPath[str]
    ) -> Answer:
        asked = await read_body(request, Toward)
        return _json(await recommending.gap(partition, learner_key, asked))

    @post(f"{LEARNER}/pathway", status_code=200)
    async def pathway_of(
        request: AnyRequest, partition: FromPath[int], learner_key: FromPath[str]
    ) -> Answer:
        asked = await read_body(request, Toward)
        return _json(await recommending.pathway(partition, learner_key, asked))

    @post("/teams/gap", status_code=200)
    async def team_gap(request: AnyRequest) -> Answer:
        return _json(await recommending.team(await read_body(request, TeamQuestion)))

    return [whatif, rank_for, repair, state_of, gap, pathway, gap_of, pathway_of, team_gap]


def _packed(value: Struct) -> Answer:
    return Answer(pack(value), headers=PACKED)


def _json(value: Struct) -> Answer:
    return Answer(msgspec.json.encode(value))
