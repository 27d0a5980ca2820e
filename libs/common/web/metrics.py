"""What every HTTP service measures of its requests."""

from prometheus_client import Histogram

# Requests by route template (never a path: ids are unbounded), method and status. Its buckets hold
# the objective (200 ms) and the aim of a few milliseconds. A stream counts until it ends.
REQUEST_SECONDS = Histogram(
    "stackwise_http_request_seconds",
    "Duration of HTTP requests",
    ["method", "route", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 10),
)
_METHODS = frozenset(("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"))
_children: dict[tuple[str, str, int], Histogram] = {}


def observe(method: str, route: str, status: int, seconds: float) -> None:
    """Counts a request; unknown methods share one label."""
    key = (method, route, status)
    child = _children.get(key)
    if child is None:
        known = method if method in _METHODS else "other"
        child = REQUEST_SECONDS.labels(known, route, str(status))
        if known == method:
            _children[key] = child
    child.observe(seconds)
