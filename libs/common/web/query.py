"""Query parameters: the unknown and the repeated are refused, since an ignored one is a wrong answer."""

from collections.abc import Collection
from typing import Any
from urllib.parse import parse_qsl

from litestar.connection import ASGIConnection

from libs.common.errors import Fault, InvalidRequest

_MOST_PARAMETERS = 100


def known_query(connection: ASGIConnection[Any, Any, Any, Any], *names: str) -> dict[str, str]:
    """The query parameters given, by name. Raises InvalidRequest with `?name` pointers."""
    return dict(parse(connection.scope["query_string"], names))


def parse(
    query: bytes, names: Collection[str], lists: Collection[str] = ()
) -> list[tuple[str, str]]:
    """Pairs of a query string; only names in `lists` may come more than once."""
    if not query:
        return []
    try:
        pairs = parse_qsl(
            query.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS
        )
    except ValueError as malformed:
        raise InvalidRequest(f"The query is not readable: {malformed}") from malformed
    if faults := _faults(pairs, names, lists):
        raise InvalidRequest(f"{faults[0].pointer}: {faults[0].detail}", faults=faults)
    return pairs


def _faults(
    pairs: list[tuple[str, str]], names: Collection[str], lists: Collection[str]
) -> list[Fault]:
    faults, seen = [], set[str]()
    for name, value in pairs:
        if name not in names:
            faults.append(Fault(f"?{name}", "unknown query parameter"))
        elif name in seen and name not in lists:
            faults.append(Fault(f"?{name}", "given more than once"))
        elif "\0" in value:
            faults.append(Fault(f"?{name}", "a NUL character is not allowed"))
        seen.add(name)
    return faults
