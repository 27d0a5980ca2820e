"""Rate limits: per key and address, shared through Redis, without waiting for it."""

import uuid
from collections.abc import Mapping

import httpx
import pytest

from libs.common.errors import RateLimited, TryAgain
from services.gateway.assembly import assemble
from services.gateway.auth.guard import Limits
from services.gateway.auth.limits import Limiter
from services.gateway.store import redis as connections
from services.gateway.store.limits import SharedLimits
from tests.support.redis_cluster import RedisAt
from tests.unit.gateway.world import ORIGIN, World


async def away(_: Mapping[str, tuple[int, int]]) -> Mapping[str, float]:
    raise TryAgain("away")


def spend(limiter: Limiter, name: str, rate: int, times: int) -> int:
    """How many of these requests were admitted."""
    admitted = 0
    for _ in range(times):
        try:
            limiter.take(limiter.bucket(name, rate))
        except RateLimited:
            break
        admitted += 1
    return admitted


async def test_a_bucket_fills_with_its_rate() -> None:
    """As many as a second's worth at once, then as many as time brings, also while Redis is away."""
    now = [0.0]
    limiter = Limiter(away, clock=lambda: now[0])
    assert spend(limiter, "a", 10, 30) == 10
    assert spend(limiter, "b", 5, 30) == 5
    await limiter.settle()
    now[0] += 0.5
    assert spend(limiter, "a", 10, 30) == 5
    now[0] += 100
    assert spend(limiter, "a", 10, 30) == 10


async def test_gateways_share_a_limit(redis_at: RedisAt) -> None:
    """What one has used the other has not; the debt of both is one second's worth at most."""
    client = connections.reader(**redis_at)
    shared, name = SharedLimits(client), uuid.uuid4().hex
    one, two = (Limiter(shared.settle, clock=lambda: 0.0) for _ in range(2))
    rate = 1_000
    assert spend(one, name, rate, 900) == 900
    await one.settle()
    assert spend(two, name, rate, 1) == 1
    await two.settle()
    assert spend(two, name, rate, 2_000) < 1_000
    assert (await shared.settle({name: (10**6, rate)}))[name] == -rate
    await client.aclose()


def narrow(world: World, **rates: int) -> httpx.AsyncClient:
    """A client of a gateway whose clock stands still."""
    limiter = Limiter(world.settle, clock=lambda: 0.0)
    limits = Limits(limiter, **{"key_rate": 100, "address_rate": 100, **rates})
    app = assemble(world.outside._replace(limits=limits))
    transport = httpx.ASGITransport(app=app)
    return httpx.AsyncClient(transport=transport, base_url="http://gateway")


async def test_beyond_the_limit_is_429(world: World) -> None:
    """With Retry-After; every answer says what is left; another key has its own."""
    async with narrow(world, key_rate=2) as client:
        secret = {"authorization": f"Bearer {world.secret}"}
        first = await client.get("/v1/skills", headers=secret)
        assert first.status_code == 200
        assert first.headers["ratelimit-policy"] == '"default";q=2;w=1'
        assert first.headers["ratelimit"] == '"default";r=1;t=1'
        await client.get("/v1/skills", headers=secret)
        refused = await client.get("/v1/skills", headers=secret)
        assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
        assert refused.headers["retry-after"] == "1"
        assert refused.headers["ratelimit"] == '"default";r=0;t=1'
        page = {"authorization": f"Bearer {world.publishable}", "origin": ORIGIN}
        assert (await client.get("/v1/skills", headers=page)).status_code == 200


async def test_keys_are_not_guessed_at_speed(world: World) -> None:
    """Unknown keys take from the address; a partner's server there, once known, does not notice."""
    async with narrow(world, address_rate=3) as client:
        secret = {"authorization": f"Bearer {world.secret}"}
        assert (await client.get("/v1/skills", headers=secret)).status_code == 200
        guesses = [{"authorization": "Bearer sk_" + f"{n:042}"} for n in range(4)]
        statuses = [(await client.get("/v1/skills", headers=each)).status_code for each in guesses]
        assert statuses == [401, 401, 429, 429]
        assert (await client.get("/v1/skills", headers=secret)).status_code == 200


@pytest.mark.parametrize("path", ["/v1/skills", "/nothing", "/schema", "/health/live"])
async def test_every_answer_has_security_headers(world: World, path: str) -> None:
    """Also refusals; a page's own policy stays the only one."""
    async with narrow(world) as client:
        answer = await client.get(path)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert len(answer.headers.get_list("content-security-policy")) == 1


def test_a_customer_of_ipv6_is_one_address() -> None:
    """Of the 2⁶⁴ addresses that everyone has, none is another caller."""
    limits = Limits(Limiter(settle_nothing, clock=lambda: 0.0), key_rate=9, address_rate=1)

    def ask(address: str) -> None:
        limits.count_address({"client": (address, 1), "headers": []})  # type: ignore[arg-type, typeddict-item]

    ask("2001:db8::1")
    ask("2001:db8:0:1::1")
    ask("192.0.2.1")
    ask("192.0.2.2")
    with pytest.raises(RateLimited):
        ask("2001:db8::2")


async def settle_nothing(_: Mapping[str, tuple[int, int]]) -> Mapping[str, float]:
    return {}
