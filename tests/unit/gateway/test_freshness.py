"""How fresh an answer is, and how a client is told."""

from datetime import timedelta

import httpx

from libs.common.contracts.profile import HeldSkill
from libs.common.contracts.types import milliseconds
from services.gateway.usecases.ports import Found
from tests.factories.catalog import credential
from tests.unit.gateway.asking import URL, get, ids
from tests.unit.gateway.fakes import NOW
from tests.unit.gateway.world import World, ranked


async def test_an_old_list_is_repaired_when_the_catalog_has_moved(
    world: World, partner: httpx.AsyncClient
) -> None:
    """Older than a minute and made from another catalog: made again, else served as stale."""
    world.publish(credential("a"), credential("b"))
    world.rank("ana", ranked("a"))
    world.now = NOW + timedelta(seconds=61)
    world.tables.epoch = 101
    world.recommender.answer = ranked(
        "b", computed_at=milliseconds(world.now), catalog_epoch=101, position=42
    )
    body = await get(partner)
    assert ids(body) == ["b"]
    assert (body["fallback"], body["freshness"]["position"]) == (None, 42)
    world.recommender.away = True
    body = await get(partner)
    assert (ids(body), body["fallback"]) == (["a"], "stale")


async def test_a_young_list_is_not_repaired(world: World, partner: httpx.AsyncClient) -> None:
    """Within a minute the catalog may move."""
    world.publish(credential("a"))
    world.rank("ana", ranked("a"))
    world.tables.epoch = 200
    assert (await get(partner))["fallback"] is None
    assert world.recommender.asked == []


async def test_a_list_of_another_model_is_repaired_once_a_newer_list_was_seen(
    world: World, partner: httpx.AsyncClient
) -> None:
    """The model in use is that of the newest list of any learner."""
    world.publish(credential("a"))
    world.now = NOW + timedelta(minutes=5)
    world.rank("ana", ranked("a"))
    newer = ranked("a", model_version="m2", computed_at=milliseconds(world.now))
    world.rank("bea", newer)
    await get(partner, "/v1/learners/bea/recommendations")
    world.recommender.answer = newer
    assert (await get(partner))["freshness"]["model_version"] == "m2"
    assert world.recommender.asked == ["repair"]


async def test_a_list_is_repaired_when_rows_of_the_model_have_moved(
    world: World, partner: httpx.AsyncClient
) -> None:
    """The model's version may stay while its rows move; the newest list says how far they have."""
    world.publish(credential("a"), credential("b"))
    world.now = NOW + timedelta(minutes=5)
    world.rank("ana", ranked("a", item_side=7))
    world.rank("bea", ranked("a", item_side=8, computed_at=milliseconds(world.now)))
    await get(partner, "/v1/learners/bea/recommendations")
    world.recommender.answer = ranked("b", item_side=8, computed_at=milliseconds(world.now))
    assert ids(await get(partner)) == ["b"]


async def test_an_old_list_that_cannot_be_compared_is_asked_about(
    world: World, partner: httpx.AsyncClient
) -> None:
    """Where no young list has been seen the recommender is asked; it is not called stale without knowing."""
    world.publish(credential("a"))
    world.now = NOW + timedelta(minutes=5)
    world.rank("ana", ranked("a"))
    world.recommender.away = True
    assert (await get(partner))["fallback"] is None
    world.recommender.away = False
    world.recommender.answer = ranked("a", computed_at=milliseconds(world.now))
    await get(partner)
    await get(partner)
    assert world.recommender.asked == ["repair"]


async def test_a_position_of_another_log_is_not_shown(
    world: World, partner: httpx.AsyncClient
) -> None:
    """Offsets of a log that was recreated say nothing of the log that is read now."""
    world.publish(credential("a"))
    world.rank("ana", ranked("a"), log="log-2")
    freshness = (await get(partner))["freshness"]
    assert (freshness["position"], freshness["as_of"]) == (None, None)


async def test_min_position_waits_for_the_list_that_includes_it(
    world: World, partner: httpx.AsyncClient
) -> None:
    """Only where the list at hand does not; afterwards the answer has what has come."""
    world.publish(credential("a"), credential("b"))
    world.rank("ana", ranked("a"))
    assert ids(await get(partner, min_position=41)) == ["a"]
    assert world.lists.waited == []
    world.lists.arriving = {(5, "key of ana"): Found(ranked("b", position=42), "log-1")}
    assert ids(await get(partner, min_position=42)) == ["b"]
    assert world.lists.waited == [42]
    assert ids(await get(partner, min_position=99)) == ["b"]


async def test_a_learner_not_applied_yet_waits_like_any_min_position(
    world: World, partner: httpx.AsyncClient
) -> None:
    """The list that comes in the meantime is served."""
    world.publish(credential("a"))
    world.register("ana")
    world.lists.arriving = {(5, "key of ana"): Found(ranked("a", position=7), "log-1")}
    body = await get(partner, min_position=7)
    assert body["freshness"]["position"] == 7
    assert world.lists.waited == [7]


async def test_an_etag_is_of_what_the_answer_says(world: World, partner: httpx.AsyncClient) -> None:
    """Another id and another time of the same list: 304. Another position: an answer."""
    world.publish(credential("a"))
    world.rank("ana", ranked("a"))
    first = await partner.get(URL)
    assert first.headers["cache-control"] == "private, no-cache"
    etag = first.headers["etag"]
    world.rank("ana", ranked("a", recommendation_id="rec_other", computed_at=milliseconds(NOW) + 5))
    same = await partner.get(URL, headers={"if-none-match": f'"x", W/{etag}'})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", f"W/{etag}")
    world.rank("ana", ranked("a", position=42))
    changed = await partner.get(URL, headers={"if-none-match": etag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != etag


async def test_an_etag_rests_while_nothing_happens(
    world: World, partner: httpx.AsyncClient
) -> None:
    """A published credential's value moves by the day, not by the request."""
    world.publish(credential("a", published_at=NOW - timedelta(days=90)))
    world.rank("ana", ranked("a"))
    before = (await partner.get(URL)).headers["etag"]
    world.now = NOW + timedelta(hours=1)
    world.recommender.answer = ranked("a", computed_at=milliseconds(world.now))
    assert (await partner.get(URL)).headers["etag"] == before


async def test_a_compressed_list_rests_too(world: World, partner: httpx.AsyncClient) -> None:
    """The weak ETag of a compressed answer gives 304 as well; a profile's ETag stays strong, for `If-Match`."""
    many = [f"c{n}" for n in range(10)]
    world.publish(*(credential(id) for id in many))
    world.rank("ana", ranked(*many))
    url = "/v1/learners/ana/recommendations"
    first = await partner.get(url, headers={"accept-encoding": "br"})
    assert first.headers["content-encoding"] == "br"
    assert first.headers["etag"].startswith('W/"')
    assert {"Accept-Encoding", "Origin"} <= set(first.headers.get_list("vary"))
    for etag in (first.headers["etag"], first.headers["etag"].removeprefix("W/")):
        assert (await partner.get(url, headers={"if-none-match": etag})).status_code == 304
    skills = [HeldSkill(id=f"skill {n}", level=0.5) for n in range(100)]
    world.register("ada", skills=skills)
    profile = await partner.get("/v1/learners/ada", headers={"accept-encoding": "br"})
    assert len(profile.content) > 1_000
    assert profile.headers["etag"] == '"3"'
