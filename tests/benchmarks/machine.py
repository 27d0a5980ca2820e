"""Where it was measured."""

import os
import platform
from datetime import UTC, datetime

from msgspec import Struct


class Machine(Struct, frozen=True):
    """`load`: processes that wanted a core on average in the last minute, before we began."""

    cores: int
    load: float
    python: str
    platform: str
    at: datetime


def machine() -> Machine:
    """This machine, now."""
    return Machine(
        cores=os.cpu_count() or 1,
        load=round(os.getloadavg()[0], 2),
        python=platform.python_version(),
        platform=platform.platform(),
        at=datetime.now(UTC),
    )
