"""What is done for a learner without a list, or when a part cannot say."""

from decimal import Decimal
from typing import Any

import httpx
import msgspec
import pytest

from libs.common.contracts.calls import Narrowing, WhatIf
from libs.common.contracts.catalog import Agent, Assertion, Cost
from libs.common.contracts.profile import Budget, Consent, HeldCredential, HeldSkill
from libs.common.contracts.redis_values import Lookup
from tests.factories.catalog import credential, occupation, regulation
from tests.unit.gateway.asking import URL, get, ids
from tests.unit.gateway.fakes import NOW
from tests.unit.gateway.world import World, ranked


@pytest.mark.parametrize(
    ("query", "narrowing"),
    [
        ({"occupation": "weaver"}, {"occupation": "weaver"}),
        ({"max_hours": "12.5"}, {"constraints": {"max_hours": 12.5}}),
        (
            {"max_cost": "20", "currency": "EUR"},
            {"constraints": {"max_cost": {"amount": "20", "currency": "EUR"}}},
        ),
        ({"delivery": "blended"}, {"constraints": {"delivery": ["blended"]}}),
        ({"language": "pt-BR"}, {"constraints": {"languages": ["pt-BR"]}}),
        ({"region": "US-CA"}, {"constraints": {"region": "US-CA"}}),
    ],
)
async def test_a_narrower_question_is_ranked_now(
    world: World, partner: httpx.AsyncClient, query: dict[str, str], narrowing: dict[str, Any]
) -> None:
    """Each narrowing parameter reaches the recommender as itself."""
    world.publish(credential("a"), occupation("weaver"))
    world.rank("ana", ranked("a"))
    world.recommender.answer = ranked("a")
    assert (await get(partner, **query))["fallback"] is None
    assert world.recommender.asked == [
        msgspec.convert({**narrowing, "limit": 10}, Narrowing, strict=False)
    ]


async def test_a_narrower_question_while_the_recommender_is_away(
    world: World, partner: httpx.AsyncClient
) -> None:
    """What of the stored list fits is served, labelled; where nothing fits, the best by value."""
    world.publish(credential("long", workload_hours=90), credential("short", workload_hours=5))
    world.publish(occupation("weaver"))
    world.rank("ana", ranked("long", "short"))
    world.recommender.away = True
    body = await get(partner, max_hours=10)
    assert (ids(body), body["fallback"]) == (["short"], "recommender_unavailable")
    assert body["items"][0]["source"] == "personalized"
    body = await get(partner, max_hours=1)
    assert (ids(body), body["fallback"]) == ([], "recommender_unavailable")
    body = await get(partner, occupation="weaver")
    assert {item["source"] for item in body["items"]} == {"value"}


async def test_only_profile_says_who_is_unknown(world: World, partner: httpx.AsyncClient) -> None:
    """No lookup and profile's 404: learner_not_found. Profile away: an answer, labelled."""
    world.publish(credential("a"))
    answer = await partner.get(URL)
    assert (answer.status_code, answer.json()["code"]) == (404, "learner_not_found")
    world.profile.away = True
    body = await get(partner)
    assert (ids(body), body["fallback"]) == (["a"], "recommender_unavailable")


async def test_a_learner_not_applied_yet_is_asked_about_from_the_profile(
    world: World, partner: httpx.AsyncClient
) -> None:
    """Content, goal and trend, within the learner's own constraints, with no position."""
    world.publish(credential("a"))
    world.register(
        "ana",
        skills=[HeldSkill(id="s1", level=0.5)],
        target_occupation="weaver",
        budget=Budget(amount=Decimal(80)),
        languages=["en"],
        held_credentials=[
            HeldCredential(credential_id="h1", status="verified"),
            HeldCredential(credential_id="h2", status="revoked", skills=["s2"]),
            HeldCredential(credential_id="badge:1", status="verified", skills=["s1", "s3"]),
        ],
    )
    world.recommender.answer = ranked("a", profile_revision=0, position=None, as_of=None)
    body = await get(partner, limit=4)
    assert ids(body) == ["a"]
    assert body["freshness"]["position"] is None
    assert body["freshness"]["profile_revision"] == 3
    (question,) = world.recommender.asked
    assert isinstance(question, WhatIf)
    assert question.skills == [HeldSkill(id="s1", level=0.5), HeldSkill(id="s3")]
    assert question.completed == ["h1", "badge:1"]
    assert question.target is not None
    assert question.target.occupation == "weaver"
    assert question.constraints.max_cost is not None
    assert question.constraints.max_cost.amount == 80
    assert (question.constraints.languages, question.limit) == (["en"], 4)
    assert question.audience == "partner"


async def test_without_consent_nothing_personal_is_asked(
    world: World, partner: httpx.AsyncClient
) -> None:
    """Trend and value within the learner's constraints: no skills, no goal, no held credentials."""
    world.publish(credential("a"))
    world.register(
        "ana",
        skills=[HeldSkill(id="s1")],
        target_occupation="weaver",
        region="US-CA",
        consent=Consent(personalization=False),
        held_credentials=[HeldCredential(credential_id="h1", status="verified")],
    )
    world.lists.lookups["partner", "ana"] = Lookup(5, "key of ana", 3)
    world.recommender.answer = ranked("a", position=None, as_of=None)
    assert ids(await get(partner)) == ["a"]
    (question,) = world.recommender.asked
    assert (question.skills, question.completed, question.target) == ([], [], None)
    assert question.constraints.region == "US-CA"


async def test_a_lost_list_is_ranked_again_from_the_state(
    world: World, partner: httpx.AsyncClient
) -> None:
    """A lookup without a list: the recommender ranks what it knows."""
    world.publish(credential("a"))
    world.register("ana")
    world.lists.lookups["partner", "ana"] = Lookup(5, "key of ana", 3)
    world.recommender.answer = ranked("a")
    assert ids(await get(partner)) == ["a"]
    assert world.recommender.asked == [Narrowing(limit=10)]


async def test_without_redis_the_catalog_answers_by_value(
    world: World, partner: httpx.AsyncClient
) -> None:
    """Feasible for this learner, without what they hold, best value first, labelled; still 404 for nobody."""
    costly = [Cost(amount=Decimal(900), currency="USD", kind="tuition")]
    world.publish(
        credential("dear", cost=costly),
        credential("held"),
        credential("free", cost=[Cost(amount=Decimal(0), currency="USD", kind="tuition")]),
        credential("ok", published_at=NOW),
    )
    world.register(
        "ana",
        budget=Budget(amount=Decimal(100)),
        held_credentials=[HeldCredential(credential_id="held", status="self_reported")],
    )
    world.lists.away = True
    body = await get(partner)
    assert (ids(body), body["fallback"]) == (["ok", "free"], "redis_unavailable")
    assert body["freshness"]["position"] is None
    assert body["recommendation_id"].startswith("rec_")
    assert body["recommendation_id"] == (await get(partner))["recommendation_id"]
    assert (await partner.get("/v1/learners/nobody/recommendations")).status_code == 404
    world.profile.away = True
    assert "dear" in ids(await get(partner))


async def test_a_regulated_goal_is_said_in_a_fallback_too(
    world: World, partner: httpx.AsyncClient
) -> None:
    """The law is known from the catalog alone."""
    world.publish(
        credential("a"),
        occupation("lawyer"),
        regulation("lawyer", "US-CA", required_credentials=["bar"]),
    )
    world.register("ana", target_occupation="lawyer", region="US-CA")
    world.lists.away = True
    body = await get(partner)
    assert body["target"]["status"] == "blocked_pending_licence"
    assert "regulated_occupation" in {a["code"] for a in body["items"][0]["advisories"]}


async def test_a_fallback_says_why_too(world: World, partner: httpx.AsyncClient) -> None:
    """Who stands behind a credential, where somebody does; else that its place is by what is known."""
    agency = Agent(id="agency", name="The Agency")
    proven = Assertion(kind="approves", agent=agency, start=NOW, reciprocal=True)
    world.publish(credential("claimed"), credential("proven", assertions=[proven]))
    world.register("ana")
    world.recommender.away = True
    items = (await get(partner))["items"]
    assert [item["credential"]["id"] for item in items] == ["proven", "claimed"]
    assert [[reason["text"] for reason in item["reasons"]] for item in items] == [
        ["Approved by The Agency"],
        ["Placed here by what is known of its value"],
    ]


async def test_a_goal_in_an_unknown_field_is_said_in_a_fallback_too(
    world: World, partner: httpx.AsyncClient
) -> None:
    """Every item tells to check, as it does when the recommender is there; an open goal has no such items."""
    world.publish(credential("a"), occupation("nurse", soc="29-1141.00"), occupation("weaver"))
    world.register("ana")
    world.recommender.away = True
    nurse, weaver = [await get(partner, occupation=each) for each in ("nurse", "weaver")]
    said = [
        ([each["code"] for each in answer["target"]["advisories"]], answer["target"]["status"])
        for answer in (nurse, weaver)
    ]
    assert said == [(["check_regulator"], "check_regulator"), (["no_regulation_record"], "open")]
    on_items = [
        "check_regulator" in {each["code"] for each in answer["items"][0]["advisories"]}
        for answer in (nurse, weaver)
    ]
    assert on_items == [True, False]


async def test_an_erased_learner_is_gone_at_once(world: World, partner: httpx.AsyncClient) -> None:
    """404 although Redis still has the lookup and the list; back under a new key after a PUT."""
    world.publish(credential("a"))
    world.rank("ana", ranked("a"))
    assert (await partner.delete("/v1/learners/ana")).status_code == 202
    answer = await partner.get(URL)
    assert (answer.status_code, answer.json()["code"]) == (404, "learner_not_found")
    world.profile.away = True
    assert (await partner.get(URL)).status_code == 404
    assert (await partner.get(URL, params={"min_position": 1})).status_code == 404


async def test_an_emptied_lookup_is_no_learner(world: World, partner: httpx.AsyncClient) -> None:
    """The marker that erasure leaves is no list, and with profile away still means erased."""
    world.publish(credential("a"))
    world.lists.lookups["partner", "ana"] = Lookup(5, None, 4)
    assert (await partner.get(URL)).status_code == 404
    world.profile.away = True
    assert (await partner.get(URL)).status_code == 404
