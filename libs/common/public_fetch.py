"""Fetching what a stranger's URL names, without becoming their way into our network (SSRF).

The name is resolved once, every address must be public, and the connection goes to the address that
was checked; no redirect, no proxy, a size and a deadline.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable

import httpx

from libs.common.errors import TryAgain

MOST_BYTES = 100_000
SECONDS = 3.0
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")  # NAT64: an IPv4 address, perhaps a private one
Resolve = Callable[[str, int], Awaitable[list[str]]]


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


async def fetch_public(
    url: str,
    resolving: Resolve = resolve,
    *,
    allowed: Callable[[str], bool] | None = None,
    trusted: ssl.SSLContext | None = None,
    most_bytes: int = MOST_BYTES,
) -> bytes:
    """What is at an https URL. Raises TryAgain, which says why, for anything but a 200 of at most so many bytes.

    `allowed` addresses are the public ones, `trusted` authorities those of the Web; tests have a server of their own.
    """
    try:
        target = httpx.URL(url)
        host = target.host
    except (ValueError, httpx.InvalidURL) as invalid:
        raise TryAgain("not a URL") from invalid
    if target.scheme != "https" or target.userinfo:
        raise TryAgain("only https, without a user name")
    try:
        async with asyncio.timeout(SECONDS):
            addresses = await resolving(host, target.port or 443)
            if not addresses or not all(map(allowed or is_public, addresses)):
                raise TryAgain(f"{host} is not a public address")
            return await _get(target, addresses[0], trusted or True, most_bytes)
    except (OSError, TimeoutError, ValueError, httpx.HTTPError) as away:
        raise TryAgain(f"{host}: {type(away).__name__}") from away


def is_public(address: str) -> bool:
    """Whether it is on the Internet, also where an IPv6 address stands for an IPv4 one."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed in _TRANSLATED or parsed.sixtofour is not None or parsed.teredo is not None:
            return False
        if parsed.ipv4_mapped is not None:
            return is_public(str(parsed.ipv4_mapped))
    return parsed.is_global and not parsed.is_multicast


async def _get(
    target: httpx.URL, address: str, trusted: ssl.SSLContext | bool, most_bytes: int
) -> bytes:
    headers = {
        "host": target.netloc.decode(),
        "accept": "application/json",
        "accept-encoding": "identity",
    }
    async with (
        httpx.AsyncClient(
            timeout=SECONDS, follow_redirects=False, trust_env=False, verify=trusted
        ) as client,
        client.stream(
            "GET",
            target.copy_with(host=address),
            headers=headers,
            extensions={"sni_hostname": target.host},
        ) as answer,
    ):
        if answer.status_code != 200:
            raise TryAgain(f"{target.host} answered {answer.status_code}")
        if "content-encoding" in answer.headers:
            # Decoded, a few bytes may be gigabytes.
            raise TryAgain(f"{target.host} answered in a coding that was not asked for")
        body = b""
        async for chunk in answer.aiter_raw():
            body += chunk
            if len(body) > most_bytes:
                raise TryAgain(f"{target.host} answered more than {most_bytes} bytes")
        return body
