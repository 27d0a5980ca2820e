"""The boundary: every answer has a request id, every failure is a problem document."""

from typing import Any

import httpx
import pytest
from litestar.types import ASGIApp, Receive, Scope, Send
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from libs.common import context
from libs.common.errors import Forbidden
from libs.common.health import Health
from libs.common.web import create_app
from tests.unit.common.sample_routes import ROUTES

TRACE = "0af7651916cd43dd8448eb211c80319c"


def requests_counted(route: str, method: str, status: int) -> float:
    labels = {"route": route, "method": method, "status": str(status)}
    return REGISTRY.get_sample_value("stackwise_http_request_seconds_count", labels) or 0


@pytest.mark.parametrize(
    ("what", "status", "code", "retry_after"),
    [
        ("conflict", 409, "learner_erased", None),
        ("limited", 429, "rate_limited", "7"),
        ("unavailable", 503, "unavailable", "3"),
        ("try-again", 503, "unavailable", "1"),
        ("unexpected", 500, "internal_error", None),
        ("recursion", 500, "internal_error", None),
    ],
)
async def test_what_is_raised_is_answered(
    http: httpx.AsyncClient, what: str, status: int, code: str, retry_after: str | None
) -> None:
    """Each exception has its status, code and headers, in a problem document."""
    answer = await http.get(f"/v1/raises/{what}")
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert {"type", "title", "detail"} <= set(problem)
    assert answer.headers.get("retry-after") == retry_after


async def test_faults_are_listed(http: httpx.AsyncClient) -> None:
    """Faults of a refusal are `errors` with pointer and detail."""
    problem = (await http.get("/v1/raises/faults")).json()
    assert problem["errors"] == [
        {"pointer": "/a", "detail": "one"},
        {"pointer": "/b", "detail": "two"},
    ]


async def test_the_unexpected_is_logged_and_not_told(http: httpx.AsyncClient) -> None:
    """The caller learns the request id, the log the exception."""
    with capture_logs() as logs:
        answer = await http.get("/v1/raises/unexpected")
    assert "hunter2" not in answer.text
    assert "Traceback" not in answer.text
    assert [str(entry["exc_info"]) for entry in logs] == ["the password is hunter2"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("PUT", "/v1/what-if", 405, "method_not_allowed"),
        ("BREW", "/v1/what-if", 405, "method_not_allowed"),
    ],
)
async def test_litestars_own_refusals_are_problems(
    http: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    """What the router refuses looks like everything else."""
    answer = await http.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    if status == 405:
        assert "POST" in answer.headers["allow"]


async def test_a_sane_request_id_is_kept(http: httpx.AsyncClient) -> None:
    """One id follows a request through the services, and the handler sees it."""
    sent = "partner-7:req.2026_01"
    answer = await http.get("/v1/names", headers={"x-request-id": sent})
    assert (answer.headers["x-request-id"], answer.json()["request_id"]) == (sent, sent)
    assert context.request_id.get() is None


@pytest.mark.parametrize("silly", ["", "short", "x" * 129, "has space in it", '"quoted-id"', "<script>12", "-leading", "é" * 10])  # fmt: skip
async def test_a_silly_request_id_is_replaced(http: httpx.AsyncClient, silly: str) -> None:
    """What could break a log or a header is not carried on."""
    ids = set[str]()
    for _ in range(2):
        answer = await http.get("/v1/names", headers={b"x-request-id": silly.encode()})
        ids.add(answer.headers["x-request-id"])
    assert len(ids) == 2
    assert silly not in ids


async def test_a_callers_trace_is_continued(http: httpx.AsyncClient) -> None:
    """`traceparent` is in force for the handler, so that logs and calls onward belong to it."""
    headers = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
    assert (await http.get("/v1/names", headers=headers)).json()["trace_id"] == TRACE
    assert (await http.get("/v1/names")).json()["trace_id"] == "0" * 32
    garbage = await http.get("/v1/names", headers={"traceparent": "00-zz-zz-01"})
    assert garbage.json()["trace_id"] == "0" * 32


async def test_requests_are_measured_by_route(http: httpx.AsyncClient) -> None:
    """Labels are the route's template and never an id, so that their number is bounded."""
    route = "/v1/learners/{learner_id}/recommendations"
    before = requests_counted(route, "GET", 200)
    await http.get("/v1/learners/some%2Fone/recommendations")
    await http.get("/v1/learners/another/recommendations")
    assert requests_counted(route, "GET", 200) == before + 2
    unmatched = requests_counted("unmatched", "GET", 404)
    await http.get("/no/such/place")
    assert requests_counted("unmatched", "GET", 404) == unmatched + 1
    other = requests_counted("unmatched", "other", 405)
    await http.request("BREW", "/v1/what-if")
    assert requests_counted("unmatched", "other", 405) == other + 1


async def test_headers_of_every_answer(http: httpx.AsyncClient) -> None:
    """Also a light answer and a refusal carry the request id and are not sniffed."""
    for path in ("/v1/bytes", "/nowhere", "/health/live"):
        answer = await http.get(path)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-request-id"]
        assert answer.headers["content-length"] == str(len(answer.content))
    assert (await http.get("/v1/bytes")).headers["etag"] == '"1"'


async def test_a_layer_around_routing_may_refuse() -> None:
    """A refusal of a plain ASGI layer is answered like any other; layers run from the first inwards."""
    order: list[str] = []

    def layer(name: str, *, refuses: bool) -> Any:
        def wrap(app: ASGIApp) -> ASGIApp:
            async def call(scope: Scope, receive: Receive, send: Send) -> None:
                order.append(name)
                if refuses:
                    raise Forbidden("Not from here.", code="origin_not_allowed")
                await app(scope, receive, send)

            return call

        return wrap

    wrappers = [layer("outer", refuses=False), layer("inner", refuses=True)]
    app = create_app(routes=ROUTES, health=Health(), wrappers=wrappers)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as http:
        answer = await http.get("/v1/names")
    assert (answer.status_code, answer.json()["code"]) == (403, "origin_not_allowed")
    assert order[:2] == ["outer", "inner"]


async def test_a_path_that_is_refused_before_routing_passes_the_layers() -> None:
    """What a layer adds to every answer is on this one as well."""

    def wrap(app: ASGIApp) -> ASGIApp:
        async def call(scope: Scope, receive: Receive, send: Send) -> None:
            async def marked(message: Any) -> None:
                if message["type"] == "http.response.start":
                    message["headers"] = [*message["headers"], (b"x-layer", b"1")]
                await send(message)

            await app(scope, receive, marked)

        return call

    app = create_app(routes=ROUTES, health=Health(), wrappers=[wrap])
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as http:
        for path, status in (("/v1//names", 404), ("/v1/raises/unexpected", 500)):
            answer = await http.get(path)
            assert (answer.status_code, answer.headers.get_list("x-layer")) == (status, ["1"])


async def test_a_failure_in_the_middle_cuts_the_answer_off(app: Any) -> None:
    """Once bytes have left, the exception reaches the server, which breaks the connection."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as http:
        with capture_logs() as logs, pytest.raises(RuntimeError, match="in the middle"):
            await http.post("/v1/lines", content=b"fine\nfail\n")
    assert [entry["event"] for entry in logs] == ["failed after the answer began"]
    assert app.boundary.idle.is_set()
