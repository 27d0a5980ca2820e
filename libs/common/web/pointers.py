"""Where in a JSON document something is wrong: RFC 6901 pointers."""

import re

from libs.common.errors import Fault

_PLACE = re.compile(r"^(?P<detail>.*?)(?: - at (?:`key` in )?`\$(?P<path>.*)`)?$", re.DOTALL)
_STEP = re.compile(r"\.(?P<field>[^.\[]+)|\[(?P<index>\d+)\]")


def step(pointer: str, name: str | int) -> str:
    """The pointer to a member of what `pointer` points to."""
    return f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}"


def fault(message: str) -> Fault:
    """msgspec's message `… - at `$.events[1].kind`` as a fault at `/events/1/kind`.

    msgspec does not say which key of an object with free keys it means (`[...]`); then the pointer
    ends at that object.
    """
    match = _PLACE.match(message)
    detail, path = (match["detail"], match["path"] or "") if match else (message, "")
    pointer, position = "", 0
    while found := _STEP.match(path, position):
        pointer = step(pointer, found["field"] or found["index"])
        position = found.end()
    return Fault(pointer, detail)
