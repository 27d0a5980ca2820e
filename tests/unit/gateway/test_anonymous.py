"""What-if and the widget's page: the same engine, for nobody in particular."""

from typing import Any

import httpx
import pytest

from libs.common.contracts.calls import Job, Target, WantedSkill, WhatIf
from tests.factories.catalog import credential, occupation
from tests.unit.gateway.world import World, ranked

WIDGET = "/v1/widget/recommendations"


async def test_a_what_if_reaches_the_recommender_as_it_is(
    world: World, page: httpx.AsyncClient, partner: httpx.AsyncClient
) -> None:
    """With the partner's own audience, with either key; nothing may be kept by anyone on the way."""
    world.publish(credential("a"))
    world.recommender.answer = ranked("a", position=None, as_of=None)
    body = {
        "skills": [{"id": "s1", "level": 0.5}],
        "completed": ["c1"],
        "viewed": ["c2"],
        "target": {"skills": [{"id": "s2", "importance": 0.5}]},
        "constraints": {"max_cost": {"amount": "20", "currency": "USD"}, "region": "US-CA"},
        "limit": 5,
    }
    for client in (page, partner):
        answer = await client.post("/v1/recommendations", json=body)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert answer.json()["freshness"]["position"] is None
    (question, again) = world.recommender.asked
    assert question == again
    assert isinstance(question, WhatIf)
    assert question.target == Target(skills=[WantedSkill(id="s2", importance=0.5)])
    assert (question.completed, question.viewed, question.limit) == (["c1"], ["c2"], 5)
    assert question.audience == "partner"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"limit": 51}, "/limit"),
        ({"audience": "other"}, "/audience"),
        ({"target": {"occupation": "o", "skills": []}}, "/target"),
        ({"constraints": {"delivery": ["pigeon"]}}, "/constraints/delivery/0"),
        ({"target": {"job": {"title": "x", "pay": 1}}}, "/target/job/pay"),
    ],
)
async def test_a_bad_what_if_is_pointed_at(
    page: httpx.AsyncClient, body: Any, pointer: str
) -> None:
    """400 with the place of the fault; nobody chooses another partner's audience."""
    answer = await page.post("/v1/recommendations", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert answer.json()["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize(
    ("query", "target"),
    [
        ({}, None),
        ({"occupation": "o", "skills": "s", "job_title": "t"}, Target(occupation="o")),
        (
            {"skills": " s1, ,s2 ", "job_title": "t"},
            Target(skills=[WantedSkill(id="s1"), WantedSkill(id="s2")]),
        ),
        (
            {"job_title": "Head of weaving", "region": "US-CA"},
            Target(job=Job(title="Head of weaving", region="US-CA")),
        ),
    ],
)
async def test_a_job_page_asks_for_its_goal(
    world: World, page: httpx.AsyncClient, query: dict[str, str], target: Target | None
) -> None:
    """The occupation, else the skills, else the title; kept for a minute, with an ETag."""
    world.publish(credential("a"))
    world.recommender.answer = ranked("a")
    answer = await page.get(WIDGET, params={**query, "language": "en", "limit": "3"})
    assert answer.headers["cache-control"] == "public, max-age=60"
    (question,) = world.recommender.asked
    assert (question.target, question.limit) == (target, 3)
    assert question.constraints.languages == ["en"]
    etag = {"if-none-match": answer.headers["etag"]}
    assert (await page.get(WIDGET, params={"limit": "3"}, headers=etag)).status_code == 304


async def test_without_the_recommender_a_page_gets_the_best_by_value(
    world: World, page: httpx.AsyncClient
) -> None:
    """200, labelled, and soon asked for again."""
    world.publish(credential("a"), credential("fr", languages=["fr"]), occupation("o"))
    world.recommender.away = True
    answer = await page.get(WIDGET, params={"language": "en", "occupation": "o"})
    body = answer.json()
    assert answer.headers["cache-control"] == "public, max-age=5"
    assert body["fallback"] == "recommender_unavailable"
    assert [item["credential"]["id"] for item in body["items"]] == ["a"]
    assert body["items"][0]["source"] == "value"
    assert body["target"] == {
        "occupation": {"id": "o", "name": "Occupation o"},
        "readiness": None,
        "status": "open",
        "advisories": [
            {
                "code": "no_regulation_record",
                "text": "We have no record of whether Occupation o is regulated where you are",
            }
        ],
    }


async def test_a_goal_that_the_catalog_does_not_have_is_refused(
    world: World, page: httpx.AsyncClient, partner: httpx.AsyncClient
) -> None:
    """Not dropped in silence; while the catalog is not read nobody can say, and a page is never failed."""
    world.publish(occupation("o"))
    world.register("ana")
    world.recommender.answer = ranked()
    anonymous = {"target": {"occupation": "nowhere"}}
    for answer, pointer in (
        (await page.post("/v1/recommendations", json=anonymous), "/target/occupation"),
        (
            await partner.get("/v1/learners/ana/recommendations", params={"occupation": "nowhere"}),
            "?occupation",
        ),
    ):
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)
    assert (await page.get(WIDGET, params={"occupation": "nowhere"})).status_code == 200
    world.tables.caught_up = False
    assert (await page.post("/v1/recommendations", json=anonymous)).status_code == 200
