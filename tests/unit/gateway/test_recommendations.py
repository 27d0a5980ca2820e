"""What a learner is served from their list."""

from decimal import Decimal

import httpx
import pytest

from libs.common.contracts.calls import Narrowing
from libs.common.contracts.catalog import Aid
from libs.common.contracts.redis_values import ListItem, ListReason, ListTarget, Ranking
from tests.factories.catalog import credential, occupation, skill
from tests.support.partner import path
from tests.unit.gateway.asking import URL, get, ids
from tests.unit.gateway.world import World, ranked


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
            "advisories": [
                {
                    "code": "no_regulation_record",
                    "text": "We have no record of whether Weaver is regulated where you are",
                }
            ],
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


async def test_a_short_list_of_which_nothing_was_dropped_is_complete(
    world: World, partner: httpx.AsyncClient
) -> None:
    """Nobody is asked for more when there is no more."""
    world.publish(credential("a"))
    world.rank("ana", ranked("a"))
    assert ids(await get(partner)) == ["a"]
    assert world.recommender.asked == []


async def test_too_few_survivors_are_ranked_again(world: World, partner: httpx.AsyncClient) -> None:
    """A list that the filter leaves shorter than asked is ranked now, from the state."""
    world.publish(credential("a", status="suspended"), credential("b"), credential("c"))
    world.rank("ana", ranked("a", "b"))
    world.recommender.answer = ranked("b", "c", recommendation_id="rec_now")
    body = await get(partner, limit=2)
    assert ids(body) == ["b", "c"]
    assert body["recommendation_id"] == "rec_now"
    assert world.recommender.asked == [Narrowing(limit=2)]


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
    body = await get(partner, path("learners", "http://x/é ü//z", "recommendations"))
    assert ids(body) == ["a"]
