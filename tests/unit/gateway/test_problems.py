"""Every refusal is a problem document with the headers of every other answer, wherever it comes from."""

import httpx
import pytest

from services.gateway.assembly import assemble
from services.gateway.auth.guard import Limits
from services.gateway.auth.identity import Signer
from services.gateway.auth.limits import Limiter
from tests.unit.gateway.test_tokens import identity, token
from tests.unit.gateway.world import ORIGIN, World

JSON = {"content-type": "application/json"}
REFUSALS = {
    "an empty segment": ("GET", "/v1//skills", {}, b"", 404),
    "a path that is not UTF-8": ("GET", "/v1/skills/%FF", {}, b"", 400),
    "a broken escape": ("GET", "/v1/skills/%zz", {}, b"", 400),
    "no such path": ("GET", "/nothing", {}, b"", 404),
    "an id that is too long": ("GET", f"/v1/skills/{'a' * 501}", {}, b"", 400),
    "an unknown parameter": ("GET", "/v1/skills?colour=red", {}, b"", 400),
    "another method": ("PATCH", "/v1/recommendations", {}, b"", 405),
    "an unheard-of method": ("BREW", "/v1/recommendations", {}, b"", 405),
    "TRACE": ("TRACE", "/v1/recommendations", {}, b"", 405),
    "another media type": (
        "POST",
        "/v1/recommendations",
        {"content-type": "text/xml"},
        b"<a/>",
        415,
    ),
    "no media type": ("POST", "/v1/recommendations", {}, b"{}", 415),
    "a compressed body": (
        "POST",
        "/v1/recommendations",
        {**JSON, "content-encoding": "br"},
        b"x",
        415,
    ),
    "a body beyond a megabyte": ("POST", "/v1/recommendations", JSON, b"x" * 1_000_001, 413),
    "lines beyond 16 megabytes": (
        "POST",
        "/v1/interactions",
        {"content-type": "application/x-ndjson"},
        b"x" * 16_000_001,
        413,
    ),
    "no JSON": ("POST", "/v1/recommendations", JSON, b"{", 400),
    "nested too deeply": ("POST", "/v1/recommendations", JSON, b"[" * 100_000, 400),
}
# What has not got as far as the key is not counted.
UNCOUNTED = {"an empty segment", "a path that is not UTF-8", "a broken escape", "no such path"} | {
    "an id that is too long",
    "another method",
    "an unheard-of method",
    "TRACE",
    "an unknown parameter",
}
CODES = {
    400: "invalid_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
}


def refuse_everything(answer: httpx.Response, status: int) -> None:
    """What every refusal has."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["type"] == f"urn:stackwise:problem:{problem['code']}"
    assert problem["title"]
    assert problem["detail"]
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["strict-transport-security"].startswith("max-age=")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "Origin" in answer.headers["vary"]


@pytest.mark.parametrize("refused", REFUSALS)
async def test_a_refusal_is_a_problem_with_all_headers(
    partner: httpx.AsyncClient, refused: str
) -> None:
    """Before routing, by the router and in a handler; the limit is said where the key was counted."""
    method, path, headers, body, status = REFUSALS[refused]
    answer = await partner.request(method, path, headers=headers, content=body)
    refuse_everything(answer, status)
    assert answer.json()["code"] == CODES[status]
    assert ("ratelimit" in answer.headers) == (refused not in UNCOUNTED)
    if status == 405:
        assert answer.headers["allow"] == "OPTIONS, POST"


async def test_a_head_that_is_refused_has_no_body(partner: httpx.AsyncClient) -> None:
    """All the headers of GET, also before routing."""
    for path in ("/v1//skills", "/nothing"):
        answer = await partner.head(path)
        assert (answer.status_code, answer.content) == (404, b"")
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_page_can_read_why_it_was_refused(world: World) -> None:
    """Its own limit and its faults; a foreign page reads nothing."""
    limits = Limits(Limiter(world.settle, clock=lambda: 0.0), key_rate=1, address_rate=100)
    transport = httpx.ASGITransport(app=assemble(world.outside._replace(limits=limits)))
    headers = {"authorization": f"Bearer {world.publishable}", "origin": ORIGIN}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://gateway", headers=headers
    ) as page:
        assert (await page.get("/v1/skills")).status_code == 200
        limited = await page.get("/v1/skills")
        foreign = await page.get("/v1/skills", headers={"origin": "https://evil.example"})
    refuse_everything(limited, 429)
    assert limited.headers["access-control-allow-origin"] == ORIGIN
    assert "retry-after" in limited.headers["access-control-expose-headers"]
    assert "access-control-allow-origin" not in foreign.headers


async def test_an_address_that_guesses_is_told_its_limit(world: World) -> None:
    """429 with the address's own numbers."""
    limits = Limits(Limiter(world.settle, clock=lambda: 0.0), key_rate=100, address_rate=1)
    transport = httpx.ASGITransport(app=assemble(world.outside._replace(limits=limits)))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        guesses = [
            await client.get("/v1/skills", headers={"authorization": f"Bearer sk_{n:042}"})
            for n in range(2)
        ]
    assert [guess.status_code for guess in guesses] == [401, 429]
    refuse_everything(guesses[1], 429)
    assert guesses[1].headers["ratelimit-policy"] == '"default";q=1;w=1'


async def test_a_learners_tokens_share_the_partners_limit(
    world: World, nobody: httpx.AsyncClient
) -> None:
    """A new token is no new limit, and another learner has their own."""
    limiter = Limiter(world.settle, clock=lambda: 0.0)
    limits = Limits(limiter, key_rate=100, address_rate=100)
    world.keys.signers.append(Signer("partner", frozenset(), identity(), 2))
    transport = httpx.ASGITransport(app=assemble(world.outside._replace(limits=limits)))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:

        async def ask(learner: str, expires: int) -> int:
            bearer = token(sub=learner, exp=expires)
            answer = await client.get(
                f"/v1/learners/{learner}", headers={"authorization": f"Bearer {bearer}"}
            )
            return answer.status_code

        assert [await ask("ada", 2**34 + n) for n in range(3)] == [404, 404, 429]
        assert await ask("bob", 2**34) == 404
