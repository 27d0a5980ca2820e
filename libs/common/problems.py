"""Every error answer is a problem document (RFC 9457), made here from whatever was raised."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from libs.common import context
from libs.common.errors import Fault, InvalidRequest, Refusal, TryAgain, Unavailable

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"
CODES = {
    400: "invalid_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    412: "precondition_failed",
    413: "too_large",
    415: "unsupported_media_type",
    429: "rate_limited",
    503: "unavailable",
}
_DETAILS = {
    404: "There is nothing at this path.",
    405: "This path does not take this method.",
}
_LONGEST_DETAIL = 300
_MISSING = re.compile(r"^(?:\d+: )?Missing required query parameter '([^']*)'")


class Problem(NamedTuple):
    """An error answer before it is bytes."""

    status: int
    code: str
    title: str
    detail: str
    faults: tuple[Fault, ...] = ()
    headers: Mapping[str, str] = {}

    def encode(self) -> bytes:
        """The document; `errors` only where the input is at fault."""
        document: dict[str, Any] = {
            "type": f"urn:stackwise:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": shorten(self.detail),
            "code": self.code,
            "request_id": context.request_id.get() or "",
        }
        if self.faults:
            document["errors"] = [
                {"pointer": fault.pointer, "detail": shorten(fault.detail)} for fault in self.faults
            ]
        return msgspec.json.encode(document)


def shorten(text: str) -> str:
    """What a caller sent may be echoed, but not at length."""
    return text if len(text) <= _LONGEST_DETAIL else text[: _LONGEST_DETAIL - 1] + "…"


def of(raised: Exception) -> Problem:
    """The problem that answers an exception; the unexpected is logged and says nothing of itself."""
    match raised:
        case Refusal():
            return _of_refusal(raised)
        case TryAgain():
            return _of_refusal(Unavailable(str(raised) or "try again"))
        case ValidationException():
            return _of_refusal(InvalidRequest("The request is not valid.", faults=_faults(raised)))
        case HTTPException() if raised.status_code < 500:
            return _of_http(raised)
    log.error("unexpected exception", exc_info=raised)
    return Problem(500, "internal_error", "Internal error", "Something went wrong on our side.")


def respond(_: Request[Any, Any, Any], raised: Exception) -> Response[bytes]:
    """Litestar's exception handler."""
    problem = of(raised)
    return Response(
        problem.encode(),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers=dict(problem.headers),
    )


def _of_refusal(refusal: Refusal) -> Problem:
    retry = {} if refusal.retry_after is None else {"retry-after": str(refusal.retry_after)}
    return Problem(
        refusal.status, refusal.code, refusal.title, refusal.detail, refusal.faults, retry
    )


def _of_http(raised: HTTPException) -> Problem:
    status = 400 if raised.status_code == 422 else raised.status_code
    title = HTTPStatus(status).phrase.capitalize()
    code = CODES.get(status, "invalid_request")
    detail = _DETAILS.get(status, raised.detail)
    return Problem(status, code, title, detail, headers=raised.headers or {})


def _faults(raised: ValidationException) -> list[Fault]:
    """Litestar's own list of what is wrong with parameters, as ours."""
    if missing := _MISSING.match(raised.detail):
        return [Fault(f"?{missing[1]}", "is required")]
    extra = raised.extra if isinstance(raised.extra, list) else []
    return [_fault(entry) for entry in extra] or [Fault("", raised.detail)]


def _fault(entry: Mapping[str, Any]) -> Fault:
    key = str(entry.get("key", ""))
    pointer = f"?{key}" if entry.get("source") == "query" else f"/{key}" if key else ""
    return Fault(pointer, str(entry.get("message", "is not valid")))
