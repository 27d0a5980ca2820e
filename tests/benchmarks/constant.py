"""The gateway's ceilings as processes: `python -m tests.benchmarks.constant {litestar|asgi} PORT FILE`.

They answer every GET of `/` with the bytes of a file, on granian as our services do.
"""

import asyncio
import sys
from pathlib import Path

import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server
from litestar import Litestar, get
from litestar.types import ASGIApp, Receive, Scope, Send


def litestar(body: bytes) -> ASGIApp:
    """Litestar as it comes, with one handler."""

    @get("/", media_type="application/json")
    async def constant() -> bytes:
        return body

    return Litestar([constant], openapi_config=None, logging_config=None)


def asgi(body: bytes) -> ASGIApp:
    """No framework at all."""
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]

    async def constant(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    return constant


APPS = {"litestar": litestar, "asgi": asgi}


async def serve(app: ASGIApp, port: int) -> None:
    """Serves until it is ended."""
    server = Server(
        app,
        address="127.0.0.1",
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        websockets=False,
        backlog=1024,
        log_enabled=False,
    )
    await server.serve()


if __name__ == "__main__":
    kind, port, file = sys.argv[1:]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(APPS[kind](Path(file).read_bytes()), int(port)))
