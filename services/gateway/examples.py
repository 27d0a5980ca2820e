"""An example of every operation, by its id: what is sent, and what the running system answered.

`examples.json` is recorded by `python -m tests.support.examples`, in the order in which it is asked.
"""

from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

FILE = Path(__file__).parent / "examples.json"


class OtherBody(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Another body that an operation takes; `media` empty: of its own media type."""

    body: Any
    media: str = ""


class Example(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`parameters` are those of path, query and headers by name; `body` and `answer` None where there is none, of
    NDJSON and events one. `others`: bodies that are sent before it, by name."""

    parameters: dict[str, str | int] = {}
    body: Any = None
    others: dict[str, OtherBody] = {}
    answer: Any = None


@cache
def examples() -> dict[str, Example]:
    """All of them."""
    return msgspec.json.decode(FILE.read_bytes(), type=dict[str, Example])
