"""One interaction there and back.

Its learners are of a partner of their own. The interaction is always the same: that a credential which was never saved
is not saved any more. It has no weight (recommender/domain/history.py), so it trains nothing; the same content changes
no state either, and yet the list's position has to pass it (design: api).
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import cycle

import structlog
from msgspec import Struct

from libs.common.client import ServiceClient
from libs.common.errors import Refusal, Unavailable
from services.gateway.canary.metrics import BY_OUTCOME, FRESHNESS, SEEN_AT

LEARNERS = 16
"""So many, one after another: they are in many partitions, and so with every worker."""
OCCURRED_AT = datetime(2026, 1, 1, tzinfo=UTC)
UNSEEN_SECONDS = 10.0

log = structlog.get_logger()


class Found(Struct):
    """A credential of a search."""

    id: str


class Page(Struct):
    items: list[Found]


class Taken(Struct):
    """position: where the interaction stands in its log; None when it was refused."""

    position: int | None


class Covers(Struct):
    position: int | None


class Shown(Struct):
    """As much of an answer with recommendations as says what it includes."""

    freshness: Covers


class Canary:
    """`round` sends one interaction and waits for it. Time is monotonic, in seconds."""

    def __init__(
        self,
        gateway: ServiceClient,
        key: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._gateway = gateway
        self._headers = {"authorization": f"Bearer {key}"}
        self._clock = clock
        self._learners = cycle([f"canary-{number}" for number in range(LEARNERS)])

    async def round(self) -> None:
        """Counts how it went; what the gateway refuses is an outcome, not an error."""
        learner_id = next(self._learners)
        try:
            position = await self._post(learner_id)
            accepted = self._clock()
            seen = await self._reads_back(learner_id, position, accepted + UNSEEN_SECONDS)
        except Refusal as refusal:
            BY_OUTCOME["refused"].inc()
            log.warning("canary_refused", code=refusal.code, reason=refusal.detail)
            return
        if not seen:
            BY_OUTCOME["unseen"].inc()
            log.warning("canary_unseen", learner=learner_id, position=position)
            return
        FRESHNESS.observe(self._clock() - accepted)
        BY_OUTCOME["seen"].inc()
        SEEN_AT.set_to_current_time()

    async def _post(self, learner_id: str) -> int:
        event = {
            "credential_id": await self._any_credential(),
            "kind": "unsave",
            "occurred_at": OCCURRED_AT,
        }
        taken = await self._gateway.call(
            "POST",
            self._gateway.path("v1", "learners", learner_id, "interactions"),
            json={"events": [event]},
            headers=self._headers,
            returns=Taken,
        )
        if taken.position is None:
            raise Unavailable("the gateway rejected the canary's interaction")
        return taken.position

    async def _any_credential(self) -> str:
        page = await self._gateway.call(
            "GET",
            self._gateway.path("v1", "credentials"),
            params={"limit": "1"},
            headers=self._headers,
            returns=Page,
        )
        if not page.items:
            raise Unavailable("the catalog has no credential")
        return page.items[0].id

    async def _reads_back(self, learner_id: str, position: int, deadline: float) -> bool:
        """Whether an answer included the position in time; each waits for it a second."""
        while self._clock() < deadline:
            shown = await self._gateway.call(
                "GET",
                self._gateway.path("v1", "learners", learner_id, "recommendations"),
                params={"min_position": str(position), "limit": "1"},
                headers=self._headers,
                returns=Shown,
            )
            reached = shown.freshness.position
            if reached is not None and reached >= position:
                return True
        return False
