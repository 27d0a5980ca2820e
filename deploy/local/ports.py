"""Free ports on the loopback interface."""

import asyncio
import contextlib
import random
import socket
from collections.abc import Awaitable, Callable

from deploy.local.errors import Unusable

# Below the range from which the kernel takes ports for outgoing connections, so that a server that is
# started again finds its port free.
_FIRST, _LAST = 15_000, 32_000
_given: set[int] = set()


def free_port() -> int:
    """A port on which nothing listens now; never the same twice in one process."""
    while True:
        port = random.randrange(_FIRST, _LAST)
        if port in _given:
            continue
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            _given.add(port)
            return port


def refuse_taken(port: int) -> None:
    """Raises Unusable when nothing could listen on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as taken:
            raise Unusable(f"port {port} cannot be listened on: {taken.strerror}") from None


def accepts(port: int) -> Callable[[], Awaitable[bool]]:
    """A check whether something accepts connections on the port."""

    async def check() -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return False
        writer.close()
        return True

    return check
