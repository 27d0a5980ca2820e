"""What a route says of itself: whose keys open it, what it takes, what it answers.

The guard, the query check and the OpenAPI document all read it from the handler's `opt`.
"""

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, TypeVar

import msgspec
import msgspec.inspect
from litestar import Request
from msgspec import Struct

from libs.common.errors import Fault, InvalidRequest
from libs.common.web.pointers import fault
from libs.common.web.query import parse
from services.gateway.auth.keys import CallerKind
from services.gateway.auth.principal import Principal

GatewayRequest = Request[None, Principal, Any]
Q = TypeVar("Q", bound=Struct)


class NoQuery(Struct):
    """No query parameters."""


class Operation(Struct, frozen=True, kw_only=True):
    """`other_bodies`: what may be sent as well, by media type. `answers`: by status the type of the answer, None where it has no body; body and answers are JSON unless
    `media` says otherwise; `key_in_body`: the key may be a field of the body."""

    summary: str
    tag: str
    keys: frozenset[CallerKind] | None
    answers: Mapping[int, Any]
    query: type[Struct] = NoQuery
    body: Any = None
    other_bodies: tuple[tuple[str, Any], ...] = ()
    media: str = "application/json"
    headers: tuple[str, ...] = ()
    key_in_body: bool = False

    def bodies(self) -> dict[str, list[Any]]:
        """The types of what may be sent, by media type."""
        found: dict[str, list[Any]] = {} if self.body is None else {self.media: [self.body]}
        for media, kind in self.other_bodies:
            found.setdefault(media, []).append(kind)
        return found

    def opt(self) -> dict[str, Any]:
        """For a handler's `opt`."""
        key = ("key",) if self.keys is not None and "publishable" in self.keys else ()
        return {
            "operation": self,
            "keys": self.keys,
            "key_in_body": self.key_in_body,
            "query": (*names_of(self.query), *key),
        }


def names_of(query: type[Struct]) -> tuple[str, ...]:
    """The names of query parameters."""
    return query.__struct_encode_fields__


def read_query(request: GatewayRequest, query: type[Q]) -> Q:
    """The query parameters. Raises InvalidRequest with `?name` pointers."""
    read: Q = _read_query(request.scope["query_string"], query)
    return read


@lru_cache(64)
def _read_query(raw: bytes, query: type[Q]) -> Q:
    given = dict(parse(raw, (*names_of(query), "key")))
    given.pop("key", None)
    faults = [
        Fault(f"?{name}", "expected an integer, in digits")
        for name in given.keys() & _integers(query)
        if not given[name].lstrip("-").isdecimal()
    ]
    if faults:
        raise InvalidRequest(f"{faults[0].pointer}: {faults[0].detail}", faults=faults)
    try:
        read = msgspec.convert(given, query, strict=False)
    except msgspec.ValidationError as invalid:
        pointer, detail = fault(str(invalid))
        name = pointer.replace("/", "?", 1)
        shown = f"{name}: {detail}" if name else detail
        raise InvalidRequest(shown, faults=[Fault(name, detail)]) from invalid
    # msgspec reads the word null as nothing; ignored it would be a wrong answer.
    if faults := [Fault(f"?{each}", "is null") for each in given if getattr(read, each) is None]:
        raise InvalidRequest(f"{faults[0].pointer}: {faults[0].detail}", faults=faults)
    return read


@cache
def _integers(query: type[Struct]) -> frozenset[str]:
    """The parameters that msgspec would also read from `1e1`."""
    info = msgspec.inspect.type_info(query)
    assert isinstance(info, msgspec.inspect.StructType)
    return frozenset(each.encode_name for each in info.fields if _is_integer(each.type))


def _is_integer(kind: msgspec.inspect.Type) -> bool:
    match kind:
        case msgspec.inspect.UnionType():
            return any(map(_is_integer, kind.types))
        case _:
            return isinstance(kind, msgspec.inspect.IntType)
