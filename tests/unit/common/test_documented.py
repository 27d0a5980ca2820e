"""The OpenAPI document: paths as in the design, bodies that handlers read by themselves."""

import httpx
from litestar import Response, post
from litestar.openapi import OpenAPIConfig

from libs.common.contracts.calls import WhatIf
from libs.common.health import Health
from libs.common.web import create_app, json_response, takes
from tests.unit.common.sample_routes import ROUTES


@post("/v1/documented", operation_class=takes(WhatIf))
async def documented() -> Response[bytes]:
    return json_response({})


async def test_the_document_has_paths_and_bodies() -> None:
    """Path parameters keep their names, a documented body its schema, health stays out of it."""
    openapi = OpenAPIConfig(title="Sample", version="1", path="/schema")
    app = create_app(routes=[*ROUTES, documented], health=Health(), openapi=openapi)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as http:
        paths = (await http.get("/schema/openapi.json")).json()["paths"]
    learner = paths["/v1/learners/{learner_id}/recommendations"]["get"]["parameters"]
    assert {(parameter["name"], parameter["in"]) for parameter in learner} == {
        ("learner_id", "path"),
        ("limit", "query"),
        ("skill", "query"),
    }
    body = paths["/v1/documented"]["post"]["requestBody"]
    schema = body["content"]["application/json"]["schema"]
    assert body["required"] is True
    assert set(schema["properties"]) == set(WhatIf.__struct_fields__)
    assert schema["properties"]["limit"]["maximum"] == 50
    assert "$ref" not in str(schema)
    assert "/health/live" not in paths
