"""The OpenAPI document: committed, compatible with the last release, and with an example of everything."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from services.gateway.compatibility import breaking
from services.gateway.examples import examples
from tests.support.openapi import CURRENT, RELEASED, committed, made

Document = dict[str, Any]
LIST = "/v1/learners/{learner_id}/recommendations"


@pytest.fixture(scope="module")
def api() -> Document:
    return made()


def test_the_committed_document_is_that_of_the_code(api: Document) -> None:
    """Who changes the surface commits it: `python -m tests.support.openapi write`."""
    assert committed(CURRENT) == api


def test_nobody_of_the_last_release_is_broken(api: Document) -> None:
    """Within /v1 only additive changes."""
    assert breaking(committed(RELEASED), api) == []


def operations(api: Document) -> list[tuple[str, str, Document]]:
    return [
        (method, path, described)
        for path, methods in api["paths"].items()
        for method, described in methods.items()
    ]


def test_every_operation_has_an_example_that_fits(api: Document) -> None:
    """Of what is sent and of what is answered, as the schemas say; no example is of nothing."""
    ids = {described["operationId"] for _, _, described in operations(api)}
    assert examples().keys() == ids
    for _, path, described in operations(api):
        contents = [content for r in described["responses"].values() for content in _contents(r)]
        contents += _contents(described.get("requestBody", {}))
        contents += [each for each in described["parameters"] if each.get("required")]
        for content in contents:
            schema = {**content["schema"], "components": api["components"]}
            for example in _examples(content):
                Draft202012Validator(schema).validate(example)
        assert contents, path


def _examples(content: Document) -> list[Any]:
    """One, or several by name."""
    named = [each["value"] for each in content.get("examples", {}).values()]
    return named or [content["example"]]


def _contents(part: Document) -> list[Document]:
    return list(part.get("content", {}).values())


def test_every_operation_says_who_may(api: Document) -> None:
    """By a scheme that is described; a learner's own paths take their token."""
    schemes = api["components"]["securitySchemes"]
    for _, path, described in operations(api):
        named = {name for each in described["security"] for name in each}
        assert named
        assert named <= schemes.keys()
        assert ("learner" in named) == path.startswith("/v1/learners/{learner_id}")
    assert schemes["learner"]["bearerFormat"] == "JWT"


def _get(api: Document) -> Document:
    found: Document = api["paths"][LIST]["get"]
    return found


def _schema(name: str) -> Callable[[Document], Document]:
    return lambda api: api["components"]["schemas"][name]


def gone(*keys: str, of: Callable[[Document], Any]) -> Callable[[Document], None]:
    def change(api: Document) -> None:
        place = of(api)
        for key in keys[:-1]:
            place = place[key]
        del place[keys[-1]]

    return change


def put(value: Any, *keys: str, of: Callable[[Document], Any]) -> Callable[[Document], None]:
    def change(api: Document) -> None:
        place = of(api)
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = value

    return change


def _limit(api: Document) -> Document:
    (found,) = (p for p in _get(api)["parameters"] if p["name"] == "limit")
    return found


BREAKING = {
    "a path": gone("paths", LIST, of=lambda api: api),
    "a method": gone("get", of=lambda api: api["paths"][LIST]),
    "a status": gone("responses", "304", of=_get),
    "a key": put([{"secret": []}], "security", of=_get),
    "a parameter": put([], "parameters", of=_get),
    "a parameter that is required": put(True, "required", of=_limit),
    "a lower limit": put(10, "schema", "maximum", of=_limit),
    "a pattern": put("^a$", "pattern", of=lambda api: _schema("Job")(api)["properties"]["title"]),
    "a field of an answer": gone("properties", "rank", of=_schema("ShownItem")),
    "a field of an answer that may be absent": put([], "required", of=_schema("Accepted")),
    "a field of a request": gone("properties", "viewed", of=_schema("WhatIfBody")),
    "a required field": put(["skills"], "required", of=_schema("WhatIfBody")),
    "another type": put({"type": "string"}, "properties", "score", of=_schema("ShownItem")),
    "null where there was none": put(
        {"anyOf": [{"type": "number"}, {"type": "null"}]},
        "properties",
        "score",
        of=_schema("ShownItem"),
    ),
    "a body that is required": put({"required": True, "content": {}}, "requestBody", of=_get),
    "a value of an enumeration that is sent": put(
        {"enum": ["online"]}, "properties", "delivery", "items", of=_schema("LearnerBody")
    ),
    "a value of an enumeration that is answered": put(
        {"enum": ["personalized"]}, "properties", "source", of=_schema("ShownItem")
    ),
}
ADDITIVE = {
    "nothing": lambda api: None,
    "a path": put({"get": {}}, "paths", "/v1/more", of=lambda api: api),
    "a status": put({"description": "more"}, "responses", "410", of=_get),
    "a key": put([*[{"secret": []}, {"learner": []}], {"admin": []}], "security", of=_get),
    "a higher limit": put(100, "schema", "maximum", of=_limit),
    "a field of an answer": put({"type": "string"}, "properties", "new", of=_schema("ShownItem")),
    "an optional field": put({"type": "string"}, "properties", "new", of=_schema("WhatIfBody")),
    "an optional parameter": lambda api: _get(api)["parameters"].append(
        {"name": "new", "in": "query", "schema": {"type": "string"}}
    ),
    "a description": put("Better", "summary", of=_get),
}


@pytest.mark.parametrize("change", BREAKING)
def test_what_breaks_a_partner_is_seen(api: Document, change: str) -> None:
    """Whatever a partner sends or reads today."""
    changed = copy.deepcopy(api)
    BREAKING[change](changed)
    assert breaking(api, changed)


@pytest.mark.parametrize("change", ADDITIVE)
def test_what_only_adds_passes(api: Document, change: str) -> None:
    """More to send, more to read, more who may."""
    changed = copy.deepcopy(api)
    ADDITIVE[change](changed)
    assert breaking(api, changed) == []
