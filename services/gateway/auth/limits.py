"""Rate limits by token bucket, counted here and settled with Redis ten times a second.

A request never waits for Redis: it is counted in memory, and one script call for all buckets in use
adds up what every gateway counted. What a limit can be exceeded by is what the gateways admit between
two settlements. While Redis is away each gateway counts alone, and the failures are counted.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from math import ceil
from time import monotonic

import structlog
from prometheus_client import Counter

from libs.common.errors import RateLimited, TryAgain

log = structlog.get_logger()

SETTLE_SECONDS = 0.1
MOST_BUCKETS = 20_000

UNSETTLED = Counter(
    "stackwise_gateway_limits_unsettled_total",
    "Settlements of rate limits that Redis did not take; each gateway counts alone then",
)
LIMITED = Counter("stackwise_gateway_rate_limited_total", "Requests refused with 429")

# Used since the last settlement, and the rate, by name; what is left in Redis by name.
Settle = Callable[[Mapping[str, tuple[int, int]]], Awaitable[Mapping[str, float]]]


class Bucket:
    """`rate` tokens a second, and as many at most."""

    __slots__ = ("at", "name", "rate", "tokens", "used")

    def __init__(self, name: str, rate: int, now: float) -> None:
        self.name = name
        self.rate = rate
        self.tokens = float(rate)
        self.used = 0
        self.at = now

    def refill(self, now: float) -> None:
        self.tokens = min(float(self.rate), self.tokens + (now - self.at) * self.rate)
        self.at = now

    def headers(self) -> list[tuple[bytes, bytes]]:
        """As draft-ietf-httpapi-ratelimit-headers spells them."""
        left = max(0, int(self.tokens))
        return [
            (b"ratelimit-policy", b'"default";q=%d;w=1' % self.rate),
            (b"ratelimit", b'"default";r=%d;t=1' % left),
        ]


class Limiter:
    """`bucket` and `take` for each request; `run` beside."""

    def __init__(self, settle: Settle, *, clock: Callable[[], float] = monotonic) -> None:
        self._settle = settle
        self._clock = clock
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()
        self._used: set[str] = set()

    def bucket(self, name: str, rate: int) -> Bucket:
        """A name's bucket as it is now."""
        now = self._clock()
        bucket = self._buckets.get(name)
        if bucket is None or bucket.rate != rate:
            bucket = self._buckets[name] = Bucket(name, rate, now)
            if len(self._buckets) > MOST_BUCKETS:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(name)
        bucket.refill(now)
        return bucket

    def take(self, bucket: Bucket) -> None:
        """One request. Raises RateLimited with the seconds after which there is a token again."""
        if bucket.tokens < 1:
            LIMITED.inc()
            wait = max(1, ceil((1 - bucket.tokens) / bucket.rate))
            raise RateLimited(f"More than {bucket.rate} requests a second.", retry_after=wait)
        bucket.tokens -= 1
        bucket.used += 1
        self._used.add(bucket.name)

    async def run(self) -> None:
        """Settles for as long as the process runs."""
        while True:
            await asyncio.sleep(SETTLE_SECONDS)
            await self.settle()

    async def settle(self) -> None:
        """Adds what was counted here to what the others counted."""
        sent = {name: self._buckets[name] for name in self._used if name in self._buckets}
        self._used.clear()
        if not sent:
            return
        asked = {name: (bucket.used, bucket.rate) for name, bucket in sent.items()}
        for bucket in sent.values():
            bucket.used = 0
        try:
            left = await self._settle(asked)
        except TryAgain as away:
            UNSETTLED.inc()
            log.debug("rate limits are not settled", reason=str(away))
            return
        now = self._clock()
        for name, tokens in left.items():
            bucket = sent[name]
            bucket.tokens, bucket.at = tokens - bucket.used, now
