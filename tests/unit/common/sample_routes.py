"""Routes that show what the plumbing does with requests; also a process of its own for tests of serving."""

import asyncio
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import structlog
from litestar import Litestar, Request, Response, get, post, put
from litestar.params import FromPath, FromQuery
from opentelemetry import trace

from libs.common import context, telemetry
from libs.common.contracts.calls import WhatIf
from libs.common.errors import Conflict, Fault, RateLimited, TryAgain, Unavailable
from libs.common.health import Health
from libs.common.settings import HttpSettings, load
from libs.common.web import (
    Answer,
    Streamed,
    create_app,
    json_response,
    known_query,
    read_body,
    read_bytes,
    run,
    serve,
)

Incoming = Request[Any, Any, Any]


@get("/v1/learners/{learner_id:str}/recommendations")
async def recommendations(
    learner_id: FromPath[str],
    limit: FromQuery[int] = 10,
    skill: FromQuery[list[str] | None] = None,
) -> Response[bytes]:
    return json_response({"learner_id": learner_id, "limit": limit, "skill": skill})


@get("/v1/regulations/{occupation_id:str}/{jurisdiction:str}")
async def regulation(occupation_id: FromPath[str], jurisdiction: FromPath[str]) -> Response[bytes]:
    return json_response([occupation_id, jurisdiction])


@get("/v1/required")
async def required(occupation: FromQuery[str]) -> Response[bytes]:
    return json_response(occupation)


@get("/v1/read-by-hand", opt={"query": ["a", "b"]})
async def read_by_hand(request: Incoming) -> Response[bytes]:
    return json_response(known_query(request, "a"))


@post("/v1/what-if")
async def what_if(request: Incoming) -> Response[bytes]:
    return json_response(await read_body(request, WhatIf), status=200)


@post("/v1/lines")
async def lines(request: Incoming) -> Streamed:
    body = await read_bytes(request)
    return Streamed(_answers(body.splitlines()), "application/x-ndjson")


async def _answers(lines: list[bytes]) -> AsyncGenerator[bytes, None]:
    answered = 0
    try:
        for line in lines:
            if line == b"fail":
                raise RuntimeError("a failure in the middle")
            if line == b"refuse":
                raise Conflict("Not this line.")
            if line == b"slow":
                await asyncio.sleep(0.02)
            answered += 1
            yield line + b"!\n"
    except (GeneratorExit, asyncio.CancelledError):
        structlog.get_logger().info("lines ended", answered=answered)
        raise


@get("/v1/two/{name:str}")
async def read_two(name: FromPath[str]) -> Response[bytes]:
    return json_response(name)


@put("/v1/two/{name:str}")
async def write_two(name: FromPath[str]) -> Response[bytes]:
    return json_response(name)


@get("/v1/names")
async def names() -> Response[bytes]:
    span = trace.get_current_span().get_span_context()
    return json_response(
        {"request_id": context.request_id.get(), "trace_id": trace.format_trace_id(span.trace_id)}
    )


@get("/v1/bytes")
async def plain() -> Answer:
    return Answer(b"[]", headers=((b"content-type", b"application/json"), (b"etag", b'"1"')))


@get("/v1/raises/{what:str}")
async def raises(what: FromPath[str]) -> Response[bytes]:
    raised: dict[str, Exception] = {
        "conflict": Conflict("Erased.", code="learner_erased"),
        "limited": RateLimited("Slow down.", retry_after=7),
        "unavailable": Unavailable("Kafka is away.", retry_after=3),
        "try-again": TryAgain("Redis is away."),
        "faults": Conflict("Two things.", faults=[Fault("/a", "one"), Fault("/b", "two")]),
        "unexpected": RuntimeError("the password is hunter2"),
        "recursion": RecursionError("too deep"),
    }
    raise raised[what]


@get("/v1/slow")
async def slow() -> Response[bytes]:
    structlog.get_logger().info("slow request begun")
    await asyncio.sleep(1)
    return json_response({"open": OPEN == [True]})


ROUTES = [
    recommendations,
    regulation,
    required,
    read_by_hand,
    what_if,
    lines,
    read_two,
    write_two,
    names,
    plain,
    raises,
    slow,
]
OPEN: list[bool] = []


@asynccontextmanager
async def hold_open(_: Litestar) -> AsyncIterator[None]:
    OPEN.append(True)
    yield
    OPEN.clear()
    structlog.get_logger().info("closed")


async def main() -> None:
    settings = load(HttpSettings)
    telemetry.configure("sample", "api", settings)
    await serve(create_app(routes=ROUTES, health=Health(), lifespan=[hold_open]), settings)
    sys.stderr.write(msgspec.json.encode({"event": "exited"}).decode() + "\n")


if __name__ == "__main__":
    run(main())
