"""Origins of web pages, as browsers send them: scheme, host and port, lower case, no path."""

import re

from libs.common.errors import Fault, InvalidRequest

# What is accepted; `normal` makes of it what a browser sends.
PATTERN = r"^[Hh][Tt][Tt][Pp][Ss]?://(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?/?$"
_ORIGIN = re.compile(r"https?://(\[[0-9a-f:]+\]|[a-z0-9._-]+)(:\d{1,5})?")
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def normal(origin: str) -> str:
    """The origin as a browser spells it. Raises InvalidRequest for what no browser sends."""
    given = origin.strip().lower().rstrip("/")
    if not _ORIGIN.fullmatch(given):
        fault = Fault("/allowed_origins", "an origin is like https://jobs.example.org")
        raise InvalidRequest(f"{origin!r} is not an origin", faults=[fault])
    return given.removesuffix(_DEFAULT_PORTS[given.partition(":")[0]])
