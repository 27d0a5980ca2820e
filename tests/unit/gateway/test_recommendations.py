"""What a learner is served, and what is done when a part cannot say."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from libs.common.contracts.calls import Narrowing, WhatIf
from libs.common.contracts.catalog import Aid, Cost
from libs.common.contracts.profile import Budget, Consent, HeldCredential, HeldSkill
from libs.common.contracts.redis_values import (
    ListItem,
    ListReason,
    ListTarget,
    Lookup,
    Ranking,
)
from libs.common.contracts.types import milliseconds
from services.gateway.usecases.ports import Found
from tests.factories.catalog import credential, occupation, regulation, skill
from tests.unit.gateway.world import NOW, World, ranked

URL = "/v1/learners/ana/recommendations"


async def get(client: httpx.AsyncClient, url: str = URL, **query: Any) -> dict[str, Any]:
    answer = await client.get(url, params=query)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def ids(answer: dict[str, Any]) -> list[str]:
    return [item["credential"]["id"] for item in answer["items"]]


async def test_the_answer_is_that_of_the_api_page(world: World, partner: httpx.AsyncClient) -> None:
    """Every field has the name and the form that api.md gives it."""
    world.publish(
        skill("s1", name="Weaving"),
        occupation("weaver", name="Weaver"),
        credential(
            "c1",
            name="Looms",
            skills=[],
            level="intermediate",
            aid=[Aid(name="Grant", amount=Decimal(49), regions=["US-CA"])],
        ),
    )
    item = ListItem(
        "c1",
        0.83,
        "personalized",
        [ListReason("closes_skill_gap", {"skills": ["s1"], "occupation": "weaver"})],
        ["s1"],
        0.21,
        [ListReason("no_outcome_data")],
    )
    ranking = Ranking([item], ListTarget("weaver", 0.46, "open"))
    world.rank("ana", ranked(ranking=ranking, region="US-CA"))
    body = await get(partner)
    assert body.pop("items") == [
        {
            "rank": 1,
            "credential": {
                "id": "c1",
                "name": "Looms",
                "type": "MicroCredential",
                "status": "active",
                "issuer": {"id": "issuer", "name": "Issuer"},
                "url": "https://issuer.example/c1",
                "image": None,
                "level": "intermediate",
                "cost": {"amount": "49.00", "currency": "USD"},
                "net_cost": {"amount": "0.00", "currency": "USD"},
                "workload_hours": 30,
                "delivery": ["online"],
                "languages": ["en"],
                "skills": [],
            },
            "score": 0.83,
            "source": "personalized",
            "reasons": [
                {
                    "code": "closes_skill_gap",
                    "params": {"skills": ["s1"], "occupation": "weaver"},
                    "text": "Teaches Weaving, which Weaver asks for",
                }
            ],
            "value": {
                "low": 0.0,
                "high": 1.0,
                "evidence": 0.0,
                "facts": [
                    {"component": "outcomes", "strength": "unknown", "text": "No outcome data"}
                ],
            },
            "gap": {"closes": [{"id": "s1", "name": "Weaving"}], "gain": 0.21},
            "advisories": [{"code": "no_outcome_data", "text": "No outcome data"}],
        }
    ]
    assert body == {
        "recommendation_id": "rec_stored",
        "target": {
            "occupation": {"id": "weaver", "name": "Weaver"},
            "readiness": 0.46,
            "status": "open",
        },
        "relaxations": [],
        "freshness": {
            "position": 41,
            "as_of": "2026-06-01T12:00:00Z",
            "computed_at": "2026-06-01T12:00:00Z",
            "profile_revision": 3,
            "model_version": "m1",
        },
        "fallback": None,
    }


async def test_limit_is_how_many_are_served(world: World, partner: httpx.AsyncClient) -> None:
    """Ten unless asked otherwise, and no more than there are."""
    world.publish(*(credential(f"c{n}") for n in range(20)))
    world.rank("ana", ranked(*(f"c{n}" for n in range(20))))
    assert len((await get(partner))["items"]) == 10
    assert ids(await get(partner, limit=3)) == ["c0", "c1", "c2"]


async def test_a_retired_credential_is_gone(world: World, partner: httpx.AsyncClient) -> None:
    """Retired without a successor: nothing takes its place."""
    world.publish(credential("a"), credential("b"), credential("c"))
    world.rank("ana", ranked("a", "b", "c"))
    world.publish(credential("a", status="deprecated", revision=2))
    assert ids(await get(partner, limit=2)) == ["b", "c"]


async def test_too_few_survivors_are_ranked_again(world: World, partner: httpx.AsyncClient) -> None:
    """A list that the filter leaves shorter than asked is ranked now, from the state."""
    world.publish(credential("a", status="suspended"), credential("b"), credential("c"))
    world.rank("ana", ranked("a", "b"))
    world.recommender.answer = ranked("b", "c", recommendation_id="rec_now")
    body = await get(partner, limit=2)
    assert ids(body) == ["b", "c"]
    assert body["recommendation_id"] == "rec_now"
    assert world.recommender.asked == [Narrowing(limit=2)]


async def test_a_short_list_of_which_nothing_was_dropped_is_complete(
    world: World, partner: httpx.AsyncClient
) -> None:
    """Nobody is asked for more when there is no more."""
    world.publish(credential("a"))
    world.rank("ana", ranked("a"))
    assert ids(await get(partner)) == ["a"]
    assert world.recommender.asked == []


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
    import msgspec

    world.publish(credential("a"))
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
    world.rank("ana", ranked("long", "short"))
    world.recommender.away = True
    body = await get(partner, max_hours=10)
    assert (ids(body), body["fallback"]) == (["short"], "recommender_unavailable")
    assert body["items"][0]["source"] == "personalized"
    body = await get(partner, max_hours=1)
    assert (ids(body), body["fallback"]) == ([], "recommender_unavailable")
    body = await get(partner, occupation="weaver")
    assert {item["source"] for item in body["items"]} == {"value"}


async def test_an_old_list_is_repaired_when_the_catalog_has_moved(
    world: World, partner: httpx.AsyncClient
) -> None:
    """Older than a minute and made from another catalog: made again, else served as stale."""
    world.publish(credential("a"), credential("b"))
    world.rank("ana", ranked("a"))
    world.now = NOW + timedelta(seconds=61)
    assert ids(await get(partner)) == ["a"]
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
    assert (await get(partner))["fallback"] is None
    newer = ranked("a", model_version="m2", computed_at=milliseconds(world.now))
    world.rank("bea", newer)
    await get(partner, "/v1/learners/bea/recommendations")
    world.recommender.answer = newer
    assert (await get(partner))["freshness"]["model_version"] == "m2"
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
            HeldCredential(credential_id="h2", status="revoked"),
        ],
    )
    world.recommender.answer = ranked("a", profile_revision=0, position=None, as_of=None)
    body = await get(partner, limit=4)
    assert ids(body) == ["a"]
    assert body["freshness"]["position"] is None
    assert body["freshness"]["profile_revision"] == 3
    (question,) = world.recommender.asked
    assert isinstance(question, WhatIf)
    assert question.skills == [HeldSkill(id="s1", level=0.5)]
    assert question.completed == ["h1"]
    assert question.target is not None
    assert question.target.occupation == "weaver"
    assert question.constraints.max_cost is not None
    assert question.constraints.max_cost.amount == 80
    assert (question.constraints.languages, question.limit) == (["en"], 4)
    assert question.audience == "partner"


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


async def test_credentials_for_other_partners_are_never_served(
    world: World, partner: httpx.AsyncClient
) -> None:
    """Neither from a list nor by value."""
    world.publish(
        credential("theirs", audience=["other"]), credential("ours", audience=["partner"])
    )
    world.rank("ana", ranked("theirs", "ours"))
    world.recommender.away = True
    assert ids(await get(partner)) == ["ours"]
    world.lists.away = True
    assert ids(await get(partner)) == ["ours"]


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


async def test_an_etag_is_of_what_the_answer_says(world: World, partner: httpx.AsyncClient) -> None:
    """Another id and another time of the same list: 304. Another position: an answer."""
    world.publish(credential("a"))
    world.rank("ana", ranked("a"))
    first = await partner.get(URL)
    assert first.headers["cache-control"] == "private, no-cache"
    etag = first.headers["etag"]
    world.rank("ana", ranked("a", recommendation_id="rec_other", computed_at=milliseconds(NOW) + 5))
    same = await partner.get(URL, headers={"if-none-match": f'"x", W/{etag}'})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", etag)
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
    assert (await partner.get(URL)).headers["etag"] == before


async def test_an_unknown_reason_is_no_error(world: World, partner: httpx.AsyncClient) -> None:
    """A recommender newer than this gateway may have more reasons."""
    world.publish(credential("a"))
    item = ListItem("a", 0.5, "content", [ListReason("stars_align")])
    world.rank("ana", ranked(ranking=Ranking([item])))
    assert (await get(partner))["items"][0]["reasons"][0]["text"] == "stars_align"


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"limit": "0"}, "?limit"),
        ({"limit": "51"}, "?limit"),
        ({"limit": "x"}, "?limit"),
        ({"min_position": "-1"}, "?min_position"),
        ({"max_cost": "-3"}, "?max_cost"),
        ({"delivery": "pigeon"}, "?delivery"),
        ({"language": "!"}, "?language"),
        ({"region": "california"}, "?region"),
        ({"cheap": "yes"}, "?cheap"),
    ],
)
async def test_a_bad_parameter_is_pointed_at(
    world: World, partner: httpx.AsyncClient, query: dict[str, str], pointer: str
) -> None:
    """400 with the parameter's name."""
    answer = await partner.get(URL, params=query)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_any_id_is_one_learner(world: World, partner: httpx.AsyncClient) -> None:
    """Slashes, spaces and accents in a learner's id."""
    world.publish(credential("a"))
    world.rank("http://x/é ü//z", ranked("a"))
    from tests.support.partner import path

    body = await get(partner, path("learners", "http://x/é ü//z", "recommendations"))
    assert ids(body) == ["a"]
