"""What the current request or record is called; logs, problem documents and calls onward quote it."""

from contextvars import ContextVar

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
