"""Errors, named by what the caller does with them.

StackwiseError
├── UnusableMessage        a record that can never be applied: park it
├── TryAgain               a transient failure: back off, retry, never skip
└── Refusal                a request that is answered with a problem document
    ├── InvalidRequest     400
    ├── Unauthenticated    401
    ├── Forbidden          403
    ├── NotFound           404
    ├── Conflict           409
    ├── PreconditionFailed 412
    ├── TooLarge           413
    ├── UnsupportedMedia   415
    ├── RateLimited        429
    └── Unavailable        503
"""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple


class Fault(NamedTuple):
    """One thing wrong with an input; `pointer` is a JSON pointer (RFC 6901) or `?name` of a query parameter."""

    pointer: str
    detail: str


class StackwiseError(Exception):
    """The root of what Stackwise raises on purpose."""


class UnusableMessage(StackwiseError):
    """A record that no retry will make usable."""


class TryAgain(StackwiseError):
    """Something that is away now and is expected back."""


class Refusal(StackwiseError):
    """A request that cannot be done as asked; nothing has been changed."""

    status: ClassVar[int]
    title: ClassVar[str]
    default_code: ClassVar[str]

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        faults: Sequence[Fault] = (),
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or self.default_code
        self.faults = tuple(faults)
        self.retry_after = retry_after


class InvalidRequest(Refusal):
    status, title, default_code = 400, "Invalid request", "invalid_request"


class Unauthenticated(Refusal):
    status, title, default_code = 401, "Unauthenticated", "unauthenticated"


class Forbidden(Refusal):
    status, title, default_code = 403, "Forbidden", "forbidden"


class NotFound(Refusal):
    status, title, default_code = 404, "Not found", "not_found"


class Conflict(Refusal):
    status, title, default_code = 409, "Conflict", "conflict"


class PreconditionFailed(Refusal):
    status, title, default_code = 412, "Precondition failed", "precondition_failed"


class TooLarge(Refusal):
    status, title, default_code = 413, "Too large", "too_large"


class UnsupportedMedia(Refusal):
    status, title, default_code = 415, "Unsupported media type", "unsupported_media_type"


class RateLimited(Refusal):
    status, title, default_code = 429, "Rate limited", "rate_limited"


class Unavailable(Refusal):
    """A write that cannot be taken now; `retry_after` is in seconds."""

    status, title, default_code = 503, "Unavailable", "unavailable"

    def __init__(self, detail: str, *, code: str | None = None, retry_after: int = 1) -> None:
        super().__init__(detail, code=code, retry_after=retry_after)
