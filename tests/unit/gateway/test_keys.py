"""Whose keys open what, and from where."""

import httpx
import pytest
from litestar.routes import HTTPRoute

from libs.common.errors import Unauthenticated, Unavailable
from libs.common.public_fetch import fetch_public
from services.gateway.auth import keys
from services.gateway.auth.authenticator import FRESH_SECONDS, Authenticator
from services.gateway.auth.jwks import KeySets
from services.gateway.auth.tokens import Tokens
from tests.factories.catalog import credential
from tests.unit.gateway.fakes import FakeKeys
from tests.unit.gateway.world import ORIGIN, World, ranked

OPEN = ("/schema", "/health", "/widget")


def routes(world: World) -> list[tuple[str, str, frozenset[str]]]:
    """Method, path and keys of every route that is not open."""
    return [
        (str(method), route.path_format.replace("{", "").replace("}", ""), handler.opt["keys"])
        for route in world.app.routes
        if isinstance(route, HTTPRoute) and not route.path_format.startswith(OPEN)
        for method, (handler, _) in route.route_handler_map.items()
        if method != "OPTIONS"
    ]


async def test_every_route_asks_for_a_key(world: World, nobody: httpx.AsyncClient) -> None:
    """Without one 401; with the wrong kind 403; nothing of the request is looked at before."""
    assert len(routes(world)) > 20
    everyones = {"secret": world.secret, "publishable": world.publishable, "admin": world.admin}
    for method, path, allowed in routes(world):
        answer = await nobody.request(method, path)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), path
        for kind in everyones.keys() - allowed:
            headers = {"authorization": f"Bearer {everyones[kind]}", "origin": ORIGIN}
            answer = await nobody.request(method, path, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), (path, kind)


@pytest.mark.parametrize(
    "header", ["Bearer nonsense", "Basic abc", "Bearer sk_" + "a" * 42, "Bearer ", "Bearer pk_é"]
)
async def test_a_bad_key_is_401(nobody: httpx.AsyncClient, header: str) -> None:
    """Malformed, of another scheme, unknown."""
    answer = await nobody.get("/v1/skills", headers={"authorization": header.encode()})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


async def test_a_key_with_a_known_prefix_and_another_secret_is_401(
    world: World, nobody: httpx.AsyncClient
) -> None:
    """The prefix finds, the digest decides."""
    forged = world.secret[:13] + "A" * 32
    answer = await nobody.get("/v1/skills", headers={"authorization": f"Bearer {forged}"})
    assert answer.status_code == 401


async def test_a_publishable_key_may_stand_in_the_url_and_no_other(
    world: World, nobody: httpx.AsyncClient
) -> None:
    """URLs are logged by everyone they pass."""
    on_page = {"origin": ORIGIN}
    answer = await nobody.get("/v1/skills", params={"key": world.publishable}, headers=on_page)
    assert answer.status_code == 200
    answer = await nobody.get("/v1/skills", params={"key": world.secret})
    assert answer.status_code == 401


async def test_a_publishable_key_works_on_the_partners_pages_only(
    world: World, nobody: httpx.AsyncClient
) -> None:
    """A foreign origin or none is refused, but for our own frame; the page may read the answer."""
    world.publish(credential("a"))
    world.recommender.answer = ranked("a")
    url, key = "/v1/widget/recommendations", {"key": world.publishable}
    allowed = await nobody.get(url, params=key, headers={"origin": ORIGIN})
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == ORIGIN
    assert "Origin" in allowed.headers["vary"]
    for headers in ({"origin": "https://evil.example"}, {"origin": "null"}, {}):
        refused = await nobody.get(url, params=key, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "origin_not_allowed")
        assert "access-control-allow-origin" not in refused.headers
    framed = await nobody.get(url, params=key, headers={"sec-fetch-site": "same-origin"})
    assert framed.status_code == 200


async def test_a_preflight_is_answered_without_a_key(nobody: httpx.AsyncClient) -> None:
    """Browsers send none with it."""
    answer = await nobody.options(
        "/v1/recommendations",
        headers={"origin": ORIGIN, "access-control-request-method": "POST"},
    )
    assert answer.status_code == 204
    assert "content-type" in answer.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in answer.headers


async def test_known_keys_work_while_postgresql_is_away(
    world: World, partner: httpx.AsyncClient, nobody: httpx.AsyncClient
) -> None:
    """A key seen before goes on; of another nobody can tell, which is no 401."""
    assert (await partner.get("/v1/skills")).status_code == 200
    world.keys.away = True
    assert (await partner.get("/v1/skills")).status_code == 200
    answer = await nobody.get("/v1/skills", headers={"authorization": f"Bearer {world.admin}"})
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


async def test_a_revoked_key_stops_within_seconds() -> None:
    """It is remembered for a while, then asked about; while nobody can tell it goes on."""
    store, time = FakeKeys(), [0.0]
    authenticator = Authenticator(
        store, Tokens(store, KeySets(fetch_public)), clock=lambda: time[0]
    )
    key = store.add("secret", "partner")
    assert (await authenticator.authenticate(key)).partner_id == "partner"
    store.known.clear()
    time[0] = FRESH_SECONDS - 0.1
    assert (await authenticator.authenticate(key)).partner_id == "partner"
    store.away = True
    time[0] = FRESH_SECONDS + 0.1
    assert (await authenticator.authenticate(key)).partner_id == "partner"
    store.away = False
    time[0] = 2 * FRESH_SECONDS + 0.2
    with pytest.raises(Unauthenticated):
        await authenticator.authenticate(key)
    store.away = True
    with pytest.raises(Unavailable):
        await authenticator.authenticate(key)


def test_a_key_cannot_be_told_from_what_is_kept() -> None:
    """Every key is new, is found by its prefix, and is kept as a digest."""
    made = [keys.mint("secret") for _ in range(100)]
    assert len({key for key, _ in made}) == 100
    for key, record in made:
        assert keys.prefix(key) == record.prefix
        assert keys.matches(keys.digest(key), record.digest)
        assert key[13:].encode() not in record.digest
