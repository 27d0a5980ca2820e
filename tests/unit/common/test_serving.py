"""A service as its own process on a real socket: limits, stopping, logs, metrics, spans."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from litestar import Litestar
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from deploy.local.ports import accepts, free_port
from libs.common.health import Health
from libs.common.settings import HttpSettings
from libs.common.web import create_app, serve
from tests.support.waiting import until

JSON = {"content-type": "application/json"}


class Service:
    """The process, its base URL, and what it has logged."""

    def __init__(self, process: asyncio.subprocess.Process, url: str, log: Path) -> None:
        self.process, self.url, self._log = process, url, log

    def logged(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._log.read_text().rpartition("\n")[0].splitlines()]

    async def logs(self, event: str) -> None:
        """Waits until the event is in the log."""

        async def events() -> list[str]:
            return [line["event"] for line in self.logged()]

        await until(events, lambda seen: event in seen)

    async def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), 20)


@asynccontextmanager
async def running(log: Path, port: int | None = None, **settings: str) -> AsyncIterator[Service]:
    port = port or free_port()
    variables = {f"STACKWISE_{name.upper()}": value for name, value in settings.items()}
    with log.open("wb") as stderr:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.unit.common.sample_routes",
            env={**os.environ, **variables, "STACKWISE_PORT": str(port)},
            stderr=stderr,
        )
    try:
        await until(accepts(port), lambda up: up or process.returncode is not None, seconds=30)
        yield Service(process, f"http://127.0.0.1:{port}", log)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.fixture(scope="module")
async def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    log = tmp_path_factory.mktemp("service") / "log"
    async with running(log, metrics_port=str(free_port())) as started:
        yield started


@pytest.fixture
async def http(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=service.url, timeout=20, trust_env=False) as client:
        yield client


@pytest.mark.parametrize("size", [8_000_000, 20_000_000])
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("POST", "/v1/what-if", 413), ("POST", "/nowhere", 404), ("PUT", "/v1/what-if", 405)],
)
async def test_a_refused_upload_gets_its_answer(
    http: httpx.AsyncClient, size: int, method: str, path: str, status: int
) -> None:
    """A client that is still writing reads a problem document, not a broken pipe."""
    for _ in range(3):
        answer = await http.request(method, path, content=b"x" * size, headers=JSON)
        assert (answer.status_code, answer.json()["status"]) == (status, status)


async def test_ids_survive_the_socket(http: httpx.AsyncClient) -> None:
    """The server hands the path on as it was sent."""
    for quoted, learner_id in [
        ("a%2Fb", "a/b"),
        ("a%252Fb", "a%2Fb"),
        ("%2E%2E", ".."),
        ("%C3%A9", "é"),
    ]:
        answer = await http.get(f"/v1/learners/{quoted}/recommendations")
        assert answer.json()["learner_id"] == learner_id


async def test_nothing_more_is_made_for_a_client_that_has_gone(tmp_path: Path) -> None:
    """A streamed answer ends with its reader."""
    async with running(tmp_path / "log") as service:
        host, _, port = service.url.removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        body = b"slow\n" * 1_000
        writer.write(
            b"POST /v1/lines HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body)
        )
        writer.write(body)
        await asyncio.wait_for(reader.readuntil(b"slow!"), 10)
        writer.close()
        await service.logs("lines ended")
        (answered,) = [e["answered"] for e in service.logged() if e["event"] == "lines ended"]
    assert answered < 1_000


async def test_a_cut_off_answer_is_not_taken_for_whole(http: httpx.AsyncClient) -> None:
    """A failure after the first bytes breaks the connection."""
    with pytest.raises(httpx.RemoteProtocolError):
        await http.post("/v1/lines", content=b"fine\nfail\n")


async def test_the_log_is_json(service: Service, http: httpx.AsyncClient) -> None:
    """A failure is one line with service, request id, trace and exception, and no local variables."""
    trace = "0af7651916cd43dd8448eb211c80319c"
    headers = {"x-request-id": "request-4711", "traceparent": f"00-{trace}-b7ad6b7169203331-01"}
    await http.get("/v1/raises/unexpected", headers=headers)
    (entry,) = [line for line in service.logged() if line.get("request_id") == "request-4711"]
    assert (entry["service"], entry["process"], entry["level"]) == ("sample", "api", "error")
    assert entry["trace_id"] == trace
    assert entry["exception"].endswith("RuntimeError: the password is hunter2")


async def test_a_request_in_flight_is_answered_before_the_end(tmp_path: Path) -> None:
    """On SIGTERM no new connection is taken, the slow request is answered, then the lifespan is left."""
    async with running(tmp_path / "log") as service, httpx.AsyncClient(trust_env=False) as http:
        slow = asyncio.create_task(http.get(f"{service.url}/v1/slow", timeout=20))
        await service.logs("slow request begun")
        stopping = asyncio.create_task(service.stop())
        answer = await slow
        assert await stopping == 0
    assert (answer.status_code, answer.json()) == (200, {"open": True})
    assert [line["event"] for line in service.logged()][1:] == ["closed", "exited"]


async def test_kept_connections_are_taken_leave_of(tmp_path: Path) -> None:
    """After SIGTERM a client that keeps its connection busy is answered, told to close it, and loses no request."""
    async with running(tmp_path / "log") as service, httpx.AsyncClient(trust_env=False) as http:
        before = await http.get(f"{service.url}/health/live")
        assert "connection" not in before.headers
        stopping = asyncio.create_task(service.stop())

        async def ask() -> httpx.Response:
            return await http.get(f"{service.url}/health/live")

        answer = await until(ask, lambda seen: seen.headers.get("connection") == "close", every=0)
        assert answer.status_code == 200
        assert await stopping == 0


async def test_a_stalled_client_does_not_hold_the_end_up(tmp_path: Path) -> None:
    """After the time of grace what is unfinished is cut off, and said so."""
    async with running(tmp_path / "log", grace_seconds="0.5") as service:
        host, _, port = service.url.removeprefix("http://").partition(":")
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"POST /v1/lines HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nx")
        async with httpx.AsyncClient(trust_env=False) as http:
            await http.get(f"{service.url}/health/live")
        assert await service.stop() == 0
        writer.close()
    events = [line["event"] for line in service.logged()]
    assert events == ["requests cut off at shutdown", "closed", "exited"]


async def test_a_taken_port_ends_the_start(service: Service, tmp_path: Path) -> None:
    """A process that cannot listen exits with an error, and says why."""
    port = int(service.url.rpartition(":")[2])
    async with running(tmp_path / "log", port=port) as second:
        assert await asyncio.wait_for(second.process.wait(), 30) != 0
    assert "in use" in (tmp_path / "log").read_text()


async def test_a_service_whose_work_fails_ends() -> None:
    """Work of the lifespan that raises ends the process with that error, and nothing listens on."""
    port = free_port()

    async def fail_once_up() -> None:
        await until(accepts(port), bool)
        raise RuntimeError("the consumer died")

    @asynccontextmanager
    async def consuming(_: Litestar) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as work:
            work.create_task(fail_once_up())
            yield

    app = create_app(routes=[], health=Health(), lifespan=[consuming])
    with pytest.raises(ExceptionGroup) as failed:
        await asyncio.wait_for(serve(app, HttpSettings(port=port)), 20)
    assert failed.group_contains(RuntimeError, match="consumer died")
    await until(accepts(port), lambda up: not up)


@pytest.fixture
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """An OTLP collector: its URL, and the bodies that it was sent."""
    received: list[bytes] = []

    class Collect(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Collect)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", received
    server.shutdown()
    thread.join()
    server.server_close()


async def test_spans_and_metrics_leave_the_process(
    tmp_path: Path, collector: tuple[str, list[bytes]]
) -> None:
    """`/metrics` stands on its own port only; spans reach the collector, the last ones at the end."""
    endpoint, received = collector
    metrics = free_port()
    log = tmp_path / "log"
    async with running(log, metrics_port=str(metrics), otlp_endpoint=endpoint) as service:
        async with httpx.AsyncClient(trust_env=False) as http:
            await http.get(f"{service.url}/v1/names")
            exported = (await http.get(f"http://127.0.0.1:{metrics}/metrics")).text
            assert (await http.get(f"{service.url}/metrics")).status_code == 404
        assert await service.stop() == 0
    assert (
        'stackwise_http_request_seconds_count{method="GET",route="/v1/names",status="200"} 1.0'
        in exported
    )
    spans = [
        span.name
        for body in received
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    assert "GET /v1/names" in spans
