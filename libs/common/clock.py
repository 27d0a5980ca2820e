"""Time as a parameter: what reads the clock takes a `Clock`, so that tests can hold it still."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def now() -> datetime:
    """The current moment, in UTC."""
    return datetime.now(UTC)
