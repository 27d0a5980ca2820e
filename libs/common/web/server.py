"""Serving an app: one process is one service, stopped without losing a request."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import structlog
import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from libs.common.settings import HttpSettings
from libs.common.web.app import App

log = structlog.get_logger()

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_CUT_OFF_SECONDS = 1.0
_QUIET_SECONDS = 0.4
_PARTING_SECONDS = 2.0


def run(main: Coroutine[Any, Any, None]) -> None:
    """Runs a process's main coroutine on uvloop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main)


async def serve(app: App, settings: HttpSettings) -> None:
    """Serves until SIGTERM or SIGINT, then: readiness off, each answer closes its connection until nobody asks any
    more, no new connections, requests in flight answered (at most `grace_seconds`), the app's lifespan left.

    Raises OSError when the port is taken. Granian's own lifespan support would leave it while requests are in flight, so it is held here.
    """
    refuse_taken_port(settings.host, settings.port)
    server = Server(
        app,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        websockets=False,
        backlog=1024,
        log_enabled=False,
    )
    async with app.lifespan(), _signals(app):
        serving = asyncio.create_task(server.serve())
        stopped = asyncio.create_task(app.stopping.wait())
        try:
            await asyncio.wait((serving, stopped), return_when=asyncio.FIRST_COMPLETED)
            await _part(app)
        finally:
            stopped.cancel()
            server.stop()  # type: ignore[no-untyped-call]
        await _drain(app, serving, settings.grace_seconds)


def refuse_taken_port(host: str, port: int) -> None:
    """Raises OSError. Granian would share the port: two services would answer by turns."""
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)


@asynccontextmanager
async def _signals(app: App) -> AsyncIterator[None]:
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, app.stopping.set)
    try:
        yield
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)


async def _part(app: App) -> None:
    """Has clients leave the connections that they keep by answering on them once more: one that is closed while a
    request is on its way loses it. Bounded, because a client may come back on new ones."""
    loop = asyncio.get_running_loop()
    deadline, seen = loop.time() + _PARTING_SECONDS, -1
    while seen != app.boundary.asked and loop.time() < deadline:
        seen = app.boundary.asked
        await asyncio.sleep(_QUIET_SECONDS)


async def _drain(app: App, serving: asyncio.Task[None], seconds: float) -> None:
    """Granian ends when its last connection has; a client that has stalled is cut off."""
    done, _ = await asyncio.wait((serving,), timeout=seconds)
    if not done:
        log.warning("requests cut off at shutdown", requests=app.boundary.cut_off())
        done, _ = await asyncio.wait((serving,), timeout=_CUT_OFF_SECONDS)
    if done:
        serving.result()
    else:
        serving.cancel()
    await app.boundary.idle.wait()
