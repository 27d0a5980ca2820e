"""Answers that are kept: the same as if they were written anew, and no more of them than there is room for."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from libs.common.contracts.redis_values import (
    MOST_STORED,
    ListItem,
    ListReason,
    Lookup,
    Ranking,
)
from libs.common.contracts.types import milliseconds
from services.gateway.catalog.cards import Cards
from services.gateway.kept import Kept
from services.gateway.messages.languages import Languages
from services.gateway.packed import PackedList
from services.gateway.usecases.answer import Composer, Written
from services.gateway.usecases.ready import Ready
from services.gateway.usecases.served import Ask, Fallback, Served
from tests.factories.catalog import credential, skill
from tests.unit.gateway.asking import URL, get, ids
from tests.unit.gateway.fakes import NOW
from tests.unit.gateway.world import World, ranked


class CountingComposer(Composer):
    """Counts what it writes."""

    count = 0

    def write(self, served: Served, language: str = "en") -> Written:
        self.count += 1
        return super().write(served, language)


class Subject:
    """Answers from one list after the other."""

    def __init__(self, world: World, **bounds: int) -> None:
        cards = Cards(world.view, lambda: world.now)
        self.composer = CountingComposer(world.view, cards, Languages())
        self.ready = Ready(world.view, self.composer, **bounds)

    def answer(
        self,
        answer: PackedList,
        *,
        learner: str = "ana",
        partner: str = "partner",
        limit: int = 10,
        position: int | None = 41,
        fallback: Fallback | None = None,
    ) -> Written | None:
        ask = Ask(partner_id=partner, learner_id=learner, limit=limit)
        return self.ready.answer(ask, f"key of {learner}", answer, position, fallback)


def test_the_same_is_written_once(world: World) -> None:
    """A list read again is equal to the last, though it is another object."""
    world.publish(credential("a"))
    subject = Subject(world)
    first = subject.answer(ranked("a"))
    assert subject.answer(ranked("a")) is first
    assert subject.composer.count == 1


@pytest.mark.parametrize(
    "other",
    [
        {"learner": "bea"},
        {"partner": "other"},
        {"limit": 1},
        {"position": 42},
        {"position": None},
        {"fallback": "stale"},
    ],
)
def test_what_is_asked_otherwise_is_written_anew(world: World, other: dict[str, Any]) -> None:
    """Another learner, partner, limit, position or label is another answer."""
    world.publish(credential("a"), credential("b"))
    subject = Subject(world)
    subject.answer(ranked("a", "b"))
    subject.answer(ranked("a", "b"), **other)
    assert subject.composer.count == 2


@pytest.mark.parametrize(
    "change",
    [
        {"recommendation_id": "rec_2"},
        {"computed_at": 1},
        {"model_version": "m2"},
        {"profile_revision": 9},
        {"region": "US-CA"},
        {"ranking": Ranking([ListItem("a", 0.98, "personalized", [ListReason("trending")])])},
    ],
)
def test_a_list_that_says_anything_else_is_written_anew(
    world: World, change: dict[str, Any]
) -> None:
    """Every field of a list can be seen in its answer."""
    world.publish(credential("a"))
    subject = Subject(world)
    before = subject.answer(ranked("a"))
    after = subject.answer(ranked("a", **change))
    assert subject.composer.count == 2
    assert before is not None
    assert after is not None
    assert after.body != before.body or "region" in change


async def test_a_retired_credential_is_gone_from_a_kept_answer(
    world: World, partner: httpx.AsyncClient
) -> None:
    """At once, and so is one that is suddenly meant for others; the ETag says so."""
    world.publish(credential("a"), credential("b"), credential("c"))
    world.rank("ana", ranked("a", "b", "c"))
    kept = await partner.get(URL, params={"limit": 1})
    assert ids(kept.json()) == ["a"]
    world.publish(credential("a", status="suspended", revision=2))
    after = await partner.get(
        URL, params={"limit": 1}, headers={"if-none-match": kept.headers["etag"]}
    )
    assert ids(after.json()) == ["b"]
    world.publish(credential("b", audience=["other"], revision=2))
    assert ids(await get(partner, limit=1)) == ["c"]


async def test_a_renamed_skill_is_renamed_in_a_kept_answer(
    world: World, partner: httpx.AsyncClient
) -> None:
    """In cards as in sentences."""
    world.publish(skill("skill-1", name="Weaving"), credential("a"))
    item = ListItem(
        "a", 0.5, "content", [ListReason("teaches_related_skills", {"skills": ["skill-1"]})]
    )
    world.rank("ana", ranked(ranking=Ranking([item])))
    assert "Weaving" in (await partner.get(URL)).text
    world.publish(skill("skill-1", name="Braiding", revision=2))
    after = (await partner.get(URL)).text
    assert "Braiding" in after
    assert "Weaving" not in after


async def test_a_list_rewritten_under_a_learner_is_served_at_once(
    world: World, partner: httpx.AsyncClient
) -> None:
    """As soon as Redis has it."""
    world.publish(credential("a"), credential("b"))
    world.rank("ana", ranked("a"))
    assert ids(await get(partner)) == ["a"]
    world.rank("ana", ranked("b", position=42))
    body = await get(partner)
    assert (ids(body), body["freshness"]["position"]) == (["b"], 42)


async def test_a_kept_answer_grows_stale(world: World, partner: httpx.AsyncClient) -> None:
    """Whether a list is stale is asked at every request, and its label taken back again."""
    world.publish(credential("a"))
    world.rank("ana", ranked("a"))
    world.recommender.away = True
    assert (await get(partner))["fallback"] is None
    world.tables.epoch = 101
    world.now = NOW + timedelta(seconds=61)
    assert (await get(partner))["fallback"] == "stale"
    world.rank("ana", ranked("a", catalog_epoch=101, computed_at=milliseconds(world.now)))
    assert (await get(partner))["fallback"] is None


async def test_a_kept_value_moves_with_the_day(world: World, partner: httpx.AsyncClient) -> None:
    """What an answer says of a credential's age is as of today."""
    world.publish(credential("a", published_at=NOW))
    world.rank("ana", ranked("a"))
    before = (await get(partner))["items"][0]["value"]
    world.now = NOW + timedelta(days=900)
    world.recommender.answer = ranked("a", computed_at=milliseconds(world.now))
    assert (await get(partner))["items"][0]["value"] != before


async def test_an_erased_learner_s_kept_answer_is_not_served(
    world: World, partner: httpx.AsyncClient
) -> None:
    """Neither here, where the erasure came, nor once the worker has deleted the list."""
    world.publish(credential("a"))
    for learner in ("ana", "bea"):
        world.rank(learner, ranked("a"))
        assert (await partner.get(f"/v1/learners/{learner}/recommendations")).status_code == 200
    assert (await partner.delete("/v1/learners/ana")).status_code == 202
    assert (await partner.get(URL)).status_code == 404
    del world.profile.learners["partner", "bea"]
    del world.lists.lists[5, "key of bea"]
    world.lists.lookups["partner", "bea"] = Lookup(5, None, 4)
    assert (await partner.get("/v1/learners/bea/recommendations")).status_code == 404


def test_answers_are_kept_within_bounds(world: World) -> None:
    """Whoever was not asked for the longest is written again; one larger than all room is not kept."""
    world.publish(credential("a"))
    subject = Subject(world, most_bytes=20_000)
    for number in range(100):
        subject.answer(ranked("a"), learner=f"learner {number}")
        assert 0 < subject.ready.kept.weight <= 20_000
    subject.answer(ranked("a"), learner="learner 99")
    assert subject.composer.count == 100
    subject.answer(ranked("a"), learner="learner 0")
    assert subject.composer.count == 101
    small = Subject(world, most_bytes=10)
    assert small.answer(ranked("a")) is not None
    assert small.ready.kept.weight == 0


def test_kept_values_are_weighed_as_they_come_and_go() -> None:
    """Replaced, forgotten and pushed out: the weight is that of what is there."""
    kept = Kept[str, str](6, len)
    kept.put("a", "12")
    kept.put("a", "1234")
    kept.put("b", "12")
    assert (kept.get("a"), kept.weight) == ("1234", 6)
    kept.put("c", "1")
    assert (kept.get("a"), kept.get("b"), kept.get("c")) == ("1234", None, "1")
    kept.forget("a")
    kept.forget("a")
    assert kept.weight == 1


def test_a_full_list_is_not_all_there_is(world: World) -> None:
    """More than a stored list can have is ranked anew; a shorter list is everything, however much is asked for."""
    names = [f"c{place}" for place in range(MOST_STORED)]
    world.publish(*map(credential, names))
    subject = Subject(world)
    assert subject.answer(ranked(*names), limit=MOST_STORED) is not None
    assert subject.answer(ranked(*names), limit=MOST_STORED + 1) is None
    assert subject.answer(ranked(*names[1:]), limit=50) is not None
