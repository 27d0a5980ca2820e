"""The OpenAPI document and the page that shows it."""

import re

import httpx
from jsonschema import Draft202012Validator
from litestar.routes import HTTPRoute

from tests.factories.catalog import credential, skill
from tests.unit.gateway.world import World, ranked


async def test_the_document_names_every_route_as_the_api_page_does(
    world: World, nobody: httpx.AsyncClient
) -> None:
    """Path parameters too; every reference leads somewhere; operation ids are unique."""
    api = (await nobody.get("/schema/openapi.json")).json()
    served = {
        route.path_format
        for route in world.app.routes
        if isinstance(route, HTTPRoute) and route.path_format.startswith("/v1/")
    }
    assert set(api["paths"]) == served
    for path, methods in api["paths"].items():
        for described in methods.values():
            named = [p["name"] for p in described["parameters"] if p["in"] == "path"]
            assert named == re.findall(r"{(.*?)}", path)
    ids = [o["operationId"] for methods in api["paths"].values() for o in methods.values()]
    assert len(ids) == len(set(ids))
    references = set(re.findall(r'"#/components/schemas/(.*?)"', str(api).replace("'", '"')))
    assert references <= api["components"]["schemas"].keys()


async def test_answers_are_what_the_document_says(
    world: World, nobody: httpx.AsyncClient, partner: httpx.AsyncClient
) -> None:
    """A list and its cards, which are joined as bytes."""
    api = (await nobody.get("/schema/openapi.json")).json()
    world.publish(credential("a"), skill("skill-1"))
    world.rank("ana", ranked("a"))
    body = (await partner.get("/v1/learners/ana/recommendations")).json()
    schema = {"$ref": "#/components/schemas/Answer", "components": api["components"]}
    Draft202012Validator(schema).validate(body)
    body["items"][0]["credential"]["name"] = 7
    assert not Draft202012Validator(schema).is_valid(body)


async def test_the_page_loads_nothing_from_elsewhere(nobody: httpx.AsyncClient) -> None:
    """No other origin in the page, its script and its style, nor allowed by its policy."""
    for url in ("/schema", "/schema/docs.js", "/schema/docs.css"):
        answer = await nobody.get(url)
        assert answer.status_code == 200
        assert not re.search(r"https?://|//[a-z]+\.", answer.text)
        assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_health_is_open(world: World, nobody: httpx.AsyncClient) -> None:
    """Ready with a whole view, whatever else is away."""
    assert (await nobody.get("/health/ready")).status_code == 200
    world.tables.caught_up = False
    answer = await nobody.get("/health/ready")
    assert answer.status_code == 503
    assert "catalog" in answer.json()["problems"]
    assert (await nobody.get("/health/live")).status_code == 200
