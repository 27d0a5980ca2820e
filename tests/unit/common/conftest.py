"""An app with a few routes, called in process."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import msgspec
import pytest

from libs.common.health import Health
from libs.common.web import App, create_app
from tests.unit.common.sample_routes import ROUTES


@pytest.fixture
def health() -> Health:
    return Health()


@pytest.fixture
def app(health: Health) -> App:
    return create_app(routes=ROUTES, health=health)


@pytest.fixture
async def http(app: App) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        yield client


@pytest.fixture
def app_answer(app: App) -> Callable[[bytes], Awaitable[tuple[int, Any]]]:
    """Calls the app with a raw path that no client library would send; its status and JSON."""

    async def answer(raw_path: bytes) -> tuple[int, Any]:
        sent: list[Any] = []
        scope = {
            "type": "http",
            "method": "GET",
            "path": raw_path.decode("latin-1"),
            "raw_path": raw_path,
            "query_string": b"",
            "headers": [],
            "client": None,
            "server": ("app", 80),
            "scheme": "http",
            "root_path": "",
            "http_version": "1.1",
            "asgi": {"version": "3.0"},
        }

        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await app(scope, receive, send)  # type: ignore[arg-type]
        return sent[0]["status"], msgspec.json.decode(sent[1]["body"])

    return answer
