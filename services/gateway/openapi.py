"""The OpenAPI document, made from what the routes say of themselves."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Litestar
from litestar.routes import HTTPRoute

from libs.common.contracts.calls import Problem
from services.gateway.catalog.cards import Card, ShownValue
from services.gateway.routes.operation import Operation
from services.gateway.usecases.answer import ShownItem
from services.gateway.usecases.sentences import Advisory, Reason

REFERENCE = "#/components/schemas/{name}"
# Joined into answers as bytes, so that no answer's type names them.
_JOINED = (Card, ShownValue, ShownItem, Reason, Advisory)
_PROBLEM = {
    "content": {"application/problem+json": {"schema": {"$ref": REFERENCE.format(name="Problem")}}}
}


def document(app: Litestar) -> bytes:
    """The document as JSON."""
    operations = list(_operations(app))
    types = [*_JOINED, Problem, *{kind: None for o in operations for kind in _types(o[2])}]
    schemas, components = msgspec.json.schema_components(types, ref_template=REFERENCE)
    schema_of = dict(zip(map(repr, types), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for path, method, operation, name in operations:
        described = _described(path, operation, name, schema_of, components)
        paths.setdefault(path, {})[method.lower()] = described
    for query in {operation.query.__name__ for _, _, operation, _ in operations}:
        del components[query]
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "Stackwise",
                "version": "1",
                "description": "Which credential next, why that one, and what it adds up to.",
            },
            "paths": paths,
            "components": {
                "schemas": components,
                "responses": {"Problem": {"description": "What is wrong (RFC 9457)", **_PROBLEM}},
                "securitySchemes": {
                    "key": {"type": "http", "scheme": "bearer", "description": "pk_, sk_ or ak_"},
                    "publishable": {"type": "apiKey", "in": "query", "name": "key"},
                },
            },
        }
    )


def _operations(app: Litestar) -> Iterator[tuple[str, str, Operation, str]]:
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            continue
        for method, (handler, _) in route.route_handler_map.items():
            operation = handler.opt.get("operation")
            if isinstance(operation, Operation):
                yield route.path_format, str(method), operation, handler.handler_name


def _types(operation: Operation) -> list[Any]:
    body = [] if operation.body is None else [operation.body]
    answers = [answer for answer in operation.answers.values() if answer is not None]
    return [operation.query, *body, *answers]


def _described(
    path: str,
    operation: Operation,
    name: str,
    schema_of: Mapping[str, Any],
    components: Mapping[str, Any],
) -> dict[str, Any]:
    described: dict[str, Any] = {
        "summary": operation.summary,
        "operationId": f"{name}_{path.strip('/').split('/')[1]}"
        if name == "put_snapshot"
        else name,
        "tags": [operation.tag],
        "parameters": [
            *_path_parameters(path),
            *_query_parameters(components[operation.query.__name__]),
            *({"name": h, "in": "header", "schema": {"type": "string"}} for h in operation.headers),
        ],
        "responses": {
            **{
                str(status): _response(status, answer, operation.media, schema_of)
                for status, answer in operation.answers.items()
            },
            "default": {"$ref": "#/components/responses/Problem"},
        },
        "security": _security(operation),
    }
    if operation.body is not None:
        content = {operation.media: {"schema": schema_of[repr(operation.body)]}}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _path_parameters(path: str) -> Iterator[dict[str, Any]]:
    for segment in path.split("/"):
        if segment.startswith("{"):
            schema = {"type": "string", "minLength": 1, "maxLength": 500}
            yield {"name": segment[1:-1], "in": "path", "required": True, "schema": schema}


def _query_parameters(query: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name, schema in query["properties"].items():
        yield {"name": name, "in": "query", "schema": _without_null(schema)}


def _without_null(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A parameter is left out, never null."""
    choices = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    return choices[0] if len(choices) == 1 else schema


def _response(status: int, answer: Any, media: str, schema_of: Mapping[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {"description": HTTPStatus(status).phrase}
    if answer is not None:
        described["content"] = {media: {"schema": schema_of[repr(answer)]}}
    return described


def _security(operation: Operation) -> list[dict[str, list[str]]]:
    if operation.keys is None:
        return []
    bearer: dict[str, list[str]] = {"key": []}
    return [bearer, {"publishable": []}] if "publishable" in operation.keys else [bearer]
