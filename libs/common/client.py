"""Calls between services: ids quoted, refusals raised as what they were, the request id carried on."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx
import msgspec
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from libs.common import context
from libs.common.contracts.calls import Problem
from libs.common.errors import (
    Conflict,
    Fault,
    Forbidden,
    InvalidRequest,
    NotFound,
    PreconditionFailed,
    RateLimited,
    Refusal,
    TooLarge,
    Unauthenticated,
    Unavailable,
    UnsupportedMedia,
)

T = TypeVar("T")

_PROPAGATOR = TraceContextTextMapPropagator()
_IDEMPOTENT = frozenset(("GET", "PUT", "DELETE"))
_REFUSALS: dict[int, type[Refusal]] = {
    kind.status: kind
    for kind in (
        InvalidRequest,
        Unauthenticated,
        Forbidden,
        NotFound,
        Conflict,
        PreconditionFailed,
        TooLarge,
        UnsupportedMedia,
        RateLimited,
    )
}


class ServiceClient:
    """One service, by its base URL; an async context manager. `timeout` is in seconds."""

    def __init__(
        self,
        name: str,
        base_url: str,
        *,
        timeout: float = 5.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.name = name
        self._http = httpx.AsyncClient(
            base_url=base_url,
            timeout=httpx.Timeout(timeout, connect=min(timeout, 1.0)),
            limits=httpx.Limits(max_connections=200, max_keepalive_connections=50),
            transport=transport,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    @staticmethod
    def path(*segments: str) -> str:
        """A path whose segments are quoted, so that any id stays one segment."""
        return "".join(f"/{_quoted(segment)}" for segment in segments)

    async def call(
        self,
        method: str,
        path: str,
        *,
        returns: type[T],
        json: Any = None,
        content: bytes | None = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        repeatable: bool = False,
    ) -> T:
        """The decoded answer (JSON or MessagePack, by its content type; `bytes` as it is).

        repeatable: doing it twice is the same as once, as with GET, PUT and DELETE always; then a call on whose
        connection the service ended, or which it closed as it stops, is made once more.
        Raises the Refusal that the service answered, or Unavailable when it cannot be reached, does
        not answer in time, fails, or answers what is not a `returns`.
        """
        answer = await self.send(
            method,
            path,
            json=json,
            content=content,
            params=params,
            headers=headers,
            timeout=timeout,
            repeatable=repeatable,
        )
        return self._decoded(answer, returns)

    async def send(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        content: bytes | None = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        repeatable: bool = False,
    ) -> httpx.Response:
        """The answer itself, where its status or headers matter; raises as `call` does."""
        sent = _carried(headers)
        if json is not None:
            content = msgspec.json.encode(json)
            sent.setdefault("content-type", "application/json")
        request = self._http.build_request(
            method,
            path,
            content=content,
            params=params,
            headers=sent,
            timeout=httpx.USE_CLIENT_DEFAULT if timeout is None else timeout,
        )
        answer = await self._attempt(request, repeatable or method in _IDEMPOTENT)
        if answer.is_error:
            raise self._refusal(answer)
        return answer

    async def _attempt(self, request: httpx.Request, again: bool) -> httpx.Response:
        """Sends; once more where a kept connection turned out to be closed and repeating is safe."""
        try:
            return await self._http.send(request)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError) as broken:
            if not again:
                raise self._away(broken) from broken
        except httpx.HTTPError as failed:
            raise self._away(failed) from failed
        try:
            return await self._http.send(request)
        except httpx.HTTPError as failed:
            raise self._away(failed) from failed

    def _away(self, failed: httpx.HTTPError) -> Unavailable:
        return Unavailable(f"{self.name} cannot be reached: {type(failed).__name__}")

    def _decoded(self, answer: httpx.Response, returns: type[T]) -> T:
        if returns is bytes:
            return answer.content  # type: ignore[return-value]
        packed = answer.headers.get("content-type", "").startswith("application/msgpack")
        decode = msgspec.msgpack.decode if packed else msgspec.json.decode
        try:
            return decode(answer.content, type=returns)
        except (msgspec.DecodeError, UnicodeDecodeError) as foreign:
            raise Unavailable(
                f"{self.name} answered what is not understood: {foreign}"
            ) from foreign

    def _refusal(self, answer: httpx.Response) -> Refusal:
        kind = _REFUSALS.get(answer.status_code)
        try:
            problem = msgspec.json.decode(answer.content, type=Problem)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return Unavailable(
                f"{self.name} answered {answer.status_code} without a problem document"
            )
        if kind is None:
            if answer.status_code != Unavailable.status:
                return Unavailable(f"{self.name} failed ({problem.code})")
            return Unavailable(problem.detail, code=problem.code, retry_after=_seconds(answer) or 1)
        faults = [
            Fault(str(e.get("pointer", "")), str(e.get("detail", ""))) for e in problem.errors
        ]
        return kind(problem.detail, code=problem.code, faults=faults, retry_after=_seconds(answer))


def _quoted(segment: str) -> str:
    """`.` and `..` as well: left as they are, they would climb out of the path."""
    return segment.replace(".", "%2E") if segment in (".", "..") else quote(segment, safe="")


def _carried(headers: Mapping[str, str] | None) -> dict[str, str]:
    carried: dict[str, str] = dict(headers or {})
    if (request_id := context.request_id.get()) is not None:
        carried["x-request-id"] = request_id
    _PROPAGATOR.inject(carried)
    return carried


def _seconds(answer: httpx.Response) -> int | None:
    value = answer.headers.get("retry-after", "")
    return int(value) if value.isdecimal() else None
