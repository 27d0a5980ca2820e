"""Reading, searching and changing the catalog through the gateway."""

from decimal import Decimal
from typing import Any

import httpx
import pytest

from libs.common.contracts.catalog import Cost, Issuer, TaughtSkill
from services.gateway.usecases import publishing
from tests.factories.catalog import credential, occupation, skill
from tests.support.partner import path
from tests.unit.gateway.world import World, ranked

BODY: dict[str, Any] = {
    "type": "Badge",
    "name": "Looms",
    "status": "active",
    "issuer": {"id": "i", "name": "I"},
    "url": "https://i.example/looms",
}


async def test_a_publication_is_answered_when_the_view_has_it(
    world: World, admin: httpx.AsyncClient, partner: httpx.AsyncClient
) -> None:
    """201, then 200; at once readable under any id."""
    url = path("credentials", "http://x/é//a b%2F")
    created = await admin.put(url, json=BODY)
    assert created.status_code == 201
    assert (await partner.get(url)).json() == created.json()
    changed = await admin.put(url, json={**BODY, "name": "Better looms"})
    assert (changed.status_code, changed.json()["revision"]) == (200, 2)
    assert (await partner.get(url)).json()["name"] == "Better looms"


async def test_a_publication_that_is_not_seen_in_time_is_202_and_known_here(
    world: World,
    admin: httpx.AsyncClient,
    partner: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Stored, published when Kafka is back; a retirement holds on this gateway all the same."""
    monkeypatch.setattr(publishing, "VIEW_SECONDS", 0.05)
    world.publish(credential("a"), credential("b"))
    world.rank("ana", ranked("a", "b"))
    world.recommender.away = True
    world.catalog.publishing = False
    assert (await admin.delete("/v1/credentials/a")).status_code == 202
    answer = await partner.get("/v1/learners/ana/recommendations")
    assert [item["credential"]["id"] for item in answer.json()["items"]] == ["b"]


async def test_a_retired_credential_is_superseded_at_once(
    world: World, admin: httpx.AsyncClient, partner: httpx.AsyncClient
) -> None:
    """The next answer has the successor in its place, once; the old card stays readable."""
    world.publish(credential("old"), credential("b"), credential("new"))
    world.rank("ana", ranked("old", "b"))
    retired = await admin.delete("/v1/credentials/old", params={"superseded_by": "new"})
    assert (retired.status_code, retired.json()["status"]) == (200, "deprecated")
    answer = await partner.get("/v1/learners/ana/recommendations")
    assert [item["credential"]["id"] for item in answer.json()["items"]] == ["new", "b"]
    assert (await partner.get("/v1/credentials/old")).json()["superseded_by"] == "new"


async def test_a_refused_body_is_the_catalogs_to_explain(
    world: World, admin: httpx.AsyncClient
) -> None:
    """415 here; the catalog away is 503."""
    answer = await admin.put("/v1/credentials/a", content=b"name: x")
    assert answer.status_code == 415
    world.catalog.away = True
    answer = await admin.put("/v1/credentials/a", json=BODY)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


async def test_a_credential_for_others_is_not_there(
    world: World, partner: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    """404 for a partner that is not in its audience; the administrator sees all."""
    world.publish(credential("theirs", audience=["other"]))
    assert (await partner.get("/v1/credentials/theirs")).status_code == 404
    assert (await partner.get("/v1/credentials/theirs/similar")).status_code == 404
    assert (await admin.get("/v1/credentials/theirs")).status_code == 200


async def test_a_search_is_the_catalogs_with_cards_from_memory(
    world: World, partner: httpx.AsyncClient
) -> None:
    """In the catalog's order; the partner is told to it, as are all filters."""
    world.publish(credential("a"), credential("b"), skill("skill-1", name="Weaving"))
    world.catalog.found = ["b", "unknown", "a"]
    answer = await partner.get(
        "/v1/credentials", params={"q": "loom", "max_cost": "50", "skill": "skill-1", "limit": 2}
    )
    body = answer.json()
    assert [card["id"] for card in body["items"]] == ["b", "a"]
    assert body["items"][0]["skills"] == [{"id": "skill-1", "name": "Weaving", "level": 0.66}]
    assert world.catalog.asked == {
        "q": "loom",
        "max_cost": "50",
        "currency": "USD",
        "skill": "skill-1",
        "limit": "2",
        "audience": "partner",
    }


async def test_a_card_follows_the_names_of_its_skills(
    world: World, partner: httpx.AsyncClient
) -> None:
    """A renamed skill is renamed on every card that was made before."""
    world.publish(skill("skill-1", name="Weaving"), credential("a"))
    world.catalog.found = ["a"]

    async def shown() -> str:
        answer = await partner.get("/v1/credentials")
        name: str = answer.json()["items"][0]["skills"][0]["name"]
        return name

    assert await shown() == "Weaving"
    world.publish(skill("skill-1", name="Loom work", revision=2))
    assert await shown() == "Loom work"


async def test_while_the_catalog_is_away_the_view_is_searched(
    world: World, partner: httpx.AsyncClient
) -> None:
    """Labelled, page by page, with the same filters; nothing retired, nothing of other partners."""
    dear = [Cost(amount=Decimal(90), currency="USD", kind="tuition")]
    world.publish(
        *(credential(f"loom-{n}", name=f"Loom {n}") for n in range(3)),
        credential("loom-x", name="Loom x", cost=dear),
        credential("loom-y", name="Loom y", status="deprecated"),
        credential("loom-z", name="Loom z", audience=["other"]),
        credential("kiln", name="Kiln"),
        occupation("weaver", name="Weaver", aliases=["Loom operator"]),
        skill("s", name="Weaving"),
    )
    world.catalog.away = True
    query = {"q": "LOOM", "max_cost": "50", "limit": 2}
    first = (await partner.get("/v1/credentials", params=query)).json()
    assert first["fallback"] == "catalog_unavailable"
    world.catalog.away = False
    rest = (
        await partner.get("/v1/credentials", params={**query, "cursor": first["next_cursor"]})
    ).json()
    found = [card["id"] for card in first["items"] + rest["items"]]
    assert (found, rest["next_cursor"]) == (["loom-0", "loom-1", "loom-2"], None)
    world.catalog.away = True
    body = (await partner.get("/v1/occupations", params={"q": "loom"})).json()
    assert [each["id"] for each in body["items"]] == ["weaver"]
    body = (await partner.get("/v1/skills", params={"q": "weav"})).json()
    assert [each["name"] for each in body["items"]] == ["Weaving"]


async def test_similar_is_by_shared_skills_whoever_issues(
    world: World, partner: httpx.AsyncClient
) -> None:
    """The closest first; not itself, nothing unrelated, nothing retired."""

    def teaching(id: str, *skills: str, **parts: Any) -> Any:
        return credential(id, skills=[TaughtSkill(id=each) for each in skills], **parts)

    world.publish(
        teaching("it", "s1", "s2"),
        teaching("twin", "s1", "s2", issuer=Issuer(id="other", name="Other")),
        teaching("broader", "s1", "s2", "s3", "s4"),
        teaching("half", "s1"),
        teaching("stranger", "s9"),
        teaching("gone", "s1", "s2", status="suspended"),
    )
    body = (await partner.get("/v1/credentials/it/similar")).json()
    assert body["items"][0]["id"] == "twin"
    assert {card["id"] for card in body["items"]} == {"twin", "broader", "half"}
    world.publish(teaching("twin", "s9", revision=2))
    body = (await partner.get("/v1/credentials/it/similar")).json()
    assert {card["id"] for card in body["items"]} == {"broader", "half"}
    body = (await partner.get("/v1/credentials/it/similar", params={"limit": 1})).json()
    assert len(body["items"]) == 1


async def test_snapshots_and_weights_are_read_from_memory(
    world: World, page: httpx.AsyncClient
) -> None:
    """With a publishable key too; what is not known is 404."""
    world.publish(occupation("o"), skill("s"))
    assert (await page.get("/v1/occupations/o")).json()["id"] == "o"
    assert (await page.get("/v1/skills/s")).json()["id"] == "s"
    for url in ("/v1/occupations/x", "/v1/skills/x", "/v1/credentials/x"):
        answer = await page.get(url)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    weights = (await page.get("/v1/value-weights")).json()
    assert sum(weights["weights"].values()) == pytest.approx(1)


@pytest.mark.parametrize("limit", ["1e1", "10.0", "0x5", "five", ""])
async def test_an_integer_is_written_in_digits(partner: httpx.AsyncClient, limit: str) -> None:
    """What only a lenient reader takes for a number is refused at its name."""
    answer = await partner.get("/v1/credentials", params={"limit": limit})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "?limit")


async def test_search_engines_read_credentials_as_json_ld(
    world: World, partner: httpx.AsyncClient
) -> None:
    """One with its course, and a search as a list in its order, of whatever is searched for."""
    world.publish(skill("skill/looms", name="Looms"))
    taught = [TaughtSkill(id="skill/looms")]
    world.publish(credential("a/b", name="Looms", url="https://i.example/looms", skills=taught))
    one = await partner.get(f"{path('credentials', 'a/b')}/schema.org")
    assert one.headers["content-type"].startswith("application/ld+json")
    said, *_ = one.json()["@graph"]
    assert (said["@id"], said["competencyRequired"][0]["name"]) == (
        "https://i.example/looms",
        "Looms",
    )
    world.catalog.found = ["a/b"]
    listed = await partner.get("/v1/schema.org/credentials", params={"q": "Looms"})
    assert listed.headers["content-type"].startswith("application/ld+json")
    assert [each["url"] for each in listed.json()["itemListElement"]] == ["https://i.example/looms"]
