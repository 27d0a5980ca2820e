"""A learner's list as it changes: one source for all who look at it, and the newest for each of them.

A source reads again when a worker or a repair has written the list, and every few seconds, when a list that is behind the
model or the catalog is made again: nobody looks at an old one. Whoever is slow misses what was in between, not the last.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import structlog
from msgspec.structs import replace
from prometheus_client import Gauge

from libs.common.errors import RateLimited, TryAgain
from services.gateway.usecases.answer import Written
from services.gateway.usecases.ports import Lists
from services.gateway.usecases.recommendations import Recommendations
from services.gateway.usecases.served import Ask

log = structlog.get_logger()

OLDEST_MILLISECONDS = 5_000
"""How far a list that someone looks at may be behind the model and the catalog."""
LOOK_SECONDS = 5.0
SUBSCRIBE_SECONDS = 2.0
REST_SECONDS = 1.0
LOOKS = 12
"""After so many a source subscribes anew: the learner may have come back under another key."""
MOST_SOURCES = 8
REFUSED_SECONDS = 10
Key = tuple[str, str, int, str]

SUBSCRIBERS = Gauge("stackwise_gateway_streams", "Open streams of recommendations.")
SOURCES = Gauge(
    "stackwise_gateway_stream_sources", "Lists that are followed for them; many may look at one."
)


class Source:
    """The newest answer, numbered; `failure` is why there will be no more."""

    def __init__(self) -> None:
        self.newest: Written | None = None
        self.number = 0
        self.failure: Exception | None = None
        self.subscribers = 0
        self._told = asyncio.Event()

    def tell(self, written: Written) -> None:
        """Tells everyone, unless it is what they have."""
        if self.newest is None or written.etag != self.newest.etag:
            self.newest = written
            self.number += 1
            self._wake()

    def fail(self, error: Exception) -> None:
        """Ends every subscription with the error."""
        self.failure = error
        self._wake()

    async def after(self, number: int) -> None:
        """Returns once there is a newer one than that."""
        while self.number <= number:
            if self.failure is not None:
                raise self.failure
            await self._told.wait()

    def _wake(self) -> None:
        self._told.set()
        self._told = asyncio.Event()


class Subscription:
    """One look at a source."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._seen = 0

    async def next(self, seconds: float) -> Written | None:
        """The newest answer that this one has not had yet; None when there is none for so long. Raises NotFound
        (`learner_not_found`) when the learner is not known, or not any more."""
        try:
            async with asyncio.timeout(seconds):
                await self._source.after(self._seen)
        except TimeoutError:
            return None
        self._seen = self._source.number
        return self._source.newest


class Streams:
    """Follows a list for as long as anyone looks at it."""

    def __init__(self, recommendations: Recommendations, lists: Lists) -> None:
        self._recommendations = recommendations
        self._lists = lists
        self._following: dict[Key, tuple[Source, asyncio.Task[None]]] = {}

    @asynccontextmanager
    async def of(self, ask: Ask) -> AsyncIterator[Subscription]:
        """A subscription to the learner's own list."""
        key = ask.partner_id, ask.learner_id, ask.limit, ask.language
        source = self._source(key, replace(ask, oldest=OLDEST_MILLISECONDS))
        source.subscribers += 1
        try:
            with SUBSCRIBERS.track_inprogress():
                yield Subscription(source)
        finally:
            source.subscribers -= 1
            await self._leave(key, source)

    def _source(self, key: Key, ask: Ask) -> Source:
        if key not in self._following:
            if sum(known[:2] == key[:2] for known in self._following) >= MOST_SOURCES:
                detail = f"A learner's list is followed in at most {MOST_SOURCES} lengths and languages at once."
                raise RateLimited(detail, retry_after=REFUSED_SECONDS)
            source = Source()
            self._following[key] = source, asyncio.create_task(self._follow(source, ask))
            SOURCES.set(len(self._following))
        return self._following[key][0]

    async def _leave(self, key: Key, source: Source) -> None:
        """The last to leave, or the first after a failure, ends the following."""
        following = self._following.get(key)
        if following is None or following[0] is not source:
            return
        if source.subscribers and source.failure is None:
            return
        del self._following[key]
        SOURCES.set(len(self._following))
        following[1].cancel()
        await asyncio.gather(following[1], return_exceptions=True)

    async def _follow(self, source: Source, ask: Ask) -> None:
        try:
            while True:
                await self._follow_for_a_while(source, ask)
        except Exception as error:  # noqa: BLE001 - whatever it is, whoever waits must not wait for ever
            log.info("stream_ended", reason=str(error), error=type(error).__name__)
            source.fail(error)

    async def _follow_for_a_while(self, source: Source, ask: Ask) -> None:
        try:
            async with AsyncExitStack() as subscribed:
                async with asyncio.timeout(SUBSCRIBE_SECONDS):
                    changed = await subscribed.enter_async_context(
                        self._lists.changing(ask.partner_id, ask.learner_id)
                    )
                for _ in range(LOOKS):
                    changed.clear()
                    source.tell(await self._recommendations.of_learner(ask))
                    await _wait(changed, LOOK_SECONDS)
        except (TryAgain, TimeoutError):
            # Not to be subscribed to now: answered from what there is, and tried again.
            source.tell(await self._recommendations.of_learner(ask))
            await asyncio.sleep(REST_SECONDS)


async def _wait(changed: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await changed.wait()
    except TimeoutError:
        return
