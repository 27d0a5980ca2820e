"""Calls between services: what the other side refused is raised here as the same refusal."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import msgspec
import pytest
from opentelemetry import context as otel
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from libs.common import context
from libs.common.client import ServiceClient
from libs.common.contracts.calls import LearnerRef, WhatIf
from libs.common.errors import (
    Conflict,
    Fault,
    InvalidRequest,
    NotFound,
    RateLimited,
    Refusal,
    TooLarge,
    Unavailable,
    UnsupportedMedia,
)
from libs.common.web import App

Handler = Callable[[httpx.Request], httpx.Response]
REF = LearnerRef(learner_key="k", revision=1, personalization=True)


def client(handler: Handler) -> ServiceClient:
    return ServiceClient("profile", "http://profile", transport=httpx.MockTransport(handler))


@pytest.fixture
async def service(app: App) -> AsyncIterator[ServiceClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with ServiceClient("sample", "http://sample", transport=transport) as calls:
        yield calls


@pytest.mark.parametrize("packed", [True, False])
async def test_answers_are_decoded_by_their_type(packed: bool) -> None:
    """MessagePack and JSON answers become the same Struct."""
    encode = msgspec.msgpack.encode if packed else msgspec.json.encode
    media = "application/msgpack" if packed else "application/json"
    calls = client(
        lambda _: httpx.Response(200, content=encode(REF), headers={"content-type": media})
    )
    assert await calls.call("GET", "/key", returns=LearnerRef) == REF
    assert await calls.call("GET", "/key", returns=bytes) == encode(REF)


async def test_a_struct_is_sent_as_json(service: ServiceClient) -> None:
    """A Struct arrives as the other side's Struct."""
    asked = WhatIf(completed=["http://a/b", "é"], limit=7)
    assert await service.call("POST", "/v1/what-if", json=asked, returns=WhatIf) == asked


async def test_any_id_travels(service: ServiceClient) -> None:
    """An id of any form arrives as it left."""
    for learner_id in ("http://a//b", "a%2Fb", "..", "é ñ", "100%", "?#"):
        path = service.path("v1", "learners", learner_id, "recommendations")
        answer = await service.call("GET", path, returns=dict[str, Any], params={"limit": "3"})
        assert answer == {"learner_id": learner_id, "limit": 3, "skill": None}


@pytest.mark.parametrize(
    ("what", "kind", "code", "retry_after"),
    [
        ("conflict", Conflict, "learner_erased", None),
        ("limited", RateLimited, "rate_limited", 7),
        ("unavailable", Unavailable, "unavailable", 3),
        ("unexpected", Unavailable, "unavailable", 1),
    ],
)
async def test_refusals_are_raised_as_they_were(
    service: ServiceClient, what: str, kind: type[Refusal], code: str, retry_after: int | None
) -> None:
    """Status, code and Retry-After survive the way; the other side's failure is unavailability."""
    with pytest.raises(kind) as refused:
        await service.call("GET", f"/v1/raises/{what}", returns=bytes)
    assert (refused.value.code, refused.value.retry_after) == (code, retry_after)
    assert "hunter2" not in refused.value.detail


async def test_faults_survive_the_way(service: ServiceClient) -> None:
    """The pointers of the inner service are those that the caller gets."""
    with pytest.raises(InvalidRequest) as refused:
        await service.call("POST", "/v1/what-if", json={"limit": 99}, returns=bytes)
    assert refused.value.faults == (Fault("/limit", "Expected `int` <= 50"),)
    with pytest.raises(NotFound):
        await service.call("GET", "/nowhere", returns=bytes)
    with pytest.raises(TooLarge):
        await service.call("POST", "/v1/what-if", json="x" * 2_000_000, returns=bytes)
    with pytest.raises(UnsupportedMedia):
        await service.call("POST", "/v1/what-if", content=b"x", returns=bytes)


async def test_status_and_headers_can_be_had(service: ServiceClient) -> None:
    """`send` gives the answer itself."""
    answer = await service.send("GET", "/v1/bytes")
    assert (answer.status_code, answer.headers["etag"]) == (200, '"1"')


@pytest.mark.parametrize(
    "failure",
    [httpx.ConnectError("x"), httpx.ConnectTimeout("x"), httpx.ReadTimeout("x"), httpx.PoolTimeout("x"), httpx.RemoteProtocolError("x")],
)  # fmt: skip
async def test_a_service_that_is_away_is_unavailable(failure: httpx.HTTPError) -> None:
    """However it is away, the caller gets one exception that names the service."""

    def fail(_: httpx.Request) -> httpx.Response:
        raise failure

    with pytest.raises(Unavailable, match="profile"):
        await client(fail).call("GET", "/key", returns=bytes)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(502, text="<html>Bad gateway</html>"),
        httpx.Response(404, text="not a problem document"),
        httpx.Response(200, text="no JSON"),
        httpx.Response(200, content=b"\xff"),
        httpx.Response(200, json={"learner_key": 3}),
    ],
)
async def test_what_is_not_understood_is_unavailable(answer: httpx.Response) -> None:
    """A proxy's page or a foreign shape is never taken for the service's word."""
    with pytest.raises(Unavailable, match="profile"):
        await client(lambda _: answer).call("GET", "/key", returns=LearnerRef)


@pytest.mark.parametrize(
    ("method", "repeatable", "attempts"),
    [
        ("GET", False, 2),
        ("PUT", False, 2),
        ("DELETE", False, 2),
        ("POST", False, 1),
        ("POST", True, 2),
    ],
)
async def test_a_broken_connection_is_tried_again_where_safe(
    method: str, repeatable: bool, attempts: int
) -> None:
    """A kept connection that the other side closed costs a call nothing that may be made twice."""
    seen: list[str] = []

    def once_broken(request: httpx.Request) -> httpx.Response:
        seen.append(request.method)
        if len(seen) == 1:
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
        return httpx.Response(200, json=1)

    async def ask(calls: ServiceClient) -> int:
        return await calls.call(method, "/x", json={"a": 1}, returns=int, repeatable=repeatable)

    calls = client(once_broken)
    if attempts == 2:
        assert await ask(calls) == 1
    else:
        with pytest.raises(Unavailable):
            await ask(calls)
    assert len(seen) == attempts


async def test_request_id_and_trace_are_carried_on(service: ServiceClient) -> None:
    """The other side logs under the same request id and in the same trace."""
    span = SpanContext(0xABC, 0xDEF, is_remote=False, trace_flags=TraceFlags(1))
    token = otel.attach(trace.set_span_in_context(NonRecordingSpan(span)))
    named = context.request_id.set("request-4711")
    try:
        names = await service.call("GET", "/v1/names", returns=dict[str, str])
    finally:
        context.request_id.reset(named)
        otel.detach(token)
    assert names == {"request_id": "request-4711", "trace_id": trace.format_trace_id(0xABC)}
