"""A circuit breaker: what fails again and again is left alone for a moment, so that nobody waits for it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

import structlog
from prometheus_client import Counter

from libs.common.errors import TryAgain, Unavailable

log = structlog.get_logger()

# Requests that a part was too unwell to be asked for, by part.
SHORT_CIRCUITED = Counter(
    "stackwise_gateway_short_circuited_total",
    "Calls not made because the circuit was open",
    ["part"],
)


class Breaker:
    """Opens after `failures` in a row for `rest` seconds; then one call may try."""

    def __init__(
        self,
        part: str,
        *,
        failures: int = 5,
        rest: float = 1.0,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._part = part
        self._failures = failures
        self._rest = rest
        self._clock = clock
        self._failed = 0
        self._until = 0.0

    @contextmanager
    def guarding(self) -> Iterator[None]:
        """Counts TryAgain and Unavailable as failures. Raises TryAgain at once while the circuit is open."""
        if self._failed >= self._failures:
            if self._clock() < self._until:
                SHORT_CIRCUITED.labels(self._part).inc()
                raise TryAgain(f"{self._part} is away")
            self._until = self._clock() + self._rest
        try:
            yield
        except (TryAgain, Unavailable):
            self._fail()
            raise
        if self._failed >= self._failures:
            log.info("circuit closed", part=self._part)
        self._failed = 0

    def problem(self) -> str | None:
        """Why the part is not asked now."""
        return f"{self._part} is away" if self._failed >= self._failures else None

    def _fail(self) -> None:
        self._failed += 1
        if self._failed >= self._failures:
            self._until = self._clock() + self._rest
            if self._failed == self._failures:
                log.warning("circuit opened", part=self._part)
