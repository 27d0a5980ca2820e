"""The OpenAPI document, made from what the routes say of themselves."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Litestar
from litestar.routes import HTTPRoute

from libs.common.contracts.calls import Problem
from libs.common.contracts.types import Region
from libs.common.web.unstorable import LARGEST_INTEGER
from services.gateway.catalog.cards import Card, ShownValue
from services.gateway.examples import Example, examples
from services.gateway.routes.operation import Operation
from services.gateway.usecases.answer import ShownItem
from services.gateway.usecases.sentences import Advisory, Reason

REFERENCE = "#/components/schemas/{name}"
# Joined into answers as bytes, so that no answer's type names them.
_JOINED = (Card, ShownValue, ShownItem, Reason, Advisory)
_PROBLEM = {
    "content": {"application/problem+json": {"schema": {"$ref": REFERENCE.format(name="Problem")}}}
}
# As money is written and asked for, whatever else of a decimal is understood.
_PLAIN_DECIMAL = r"^[0-9]{1,9}(\.[0-9]{1,12})?$"
# Ids are opaque, but for these.
_PATH_SCHEMAS: dict[str, dict[str, Any]] = {
    "region": msgspec.json.schema(Region),
    "jurisdiction": msgspec.json.schema(Region),
}
_ID = {"type": "string", "minLength": 1, "maxLength": 500}
_SCHEMES: dict[str, dict[str, str]] = {
    "secret": {
        "type": "http",
        "scheme": "bearer",
        "description": "sk_…, for servers: everything of one partner",
    },
    "publishable": {
        "type": "http",
        "scheme": "bearer",
        "description": "pk_…, for pages: works on the partner's origins only",
    },
    "publishable_in_url": {
        "type": "apiKey",
        "in": "query",
        "name": "key",
        "description": "The same where a page cannot send headers",
    },
    "learner": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A token that the partner signed for the learner: that learner's paths only",
    },
    "admin": {
        "type": "http",
        "scheme": "bearer",
        "description": "ak_…, for administrators: catalog writes and partners",
    },
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
    for each in _parts([components, paths]):
        if each.get("format") == "decimal":
            each["pattern"] = _PLAIN_DECIMAL
    sent = [kind for _, _, o, _ in operations for each in o.bodies().values() for kind in each]
    _bound(components, sent, schema_of)
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
                "securitySchemes": _SCHEMES,
            },
        }
    )


def _operations(app: Litestar) -> Iterator[tuple[str, str, Operation, str]]:
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            continue
        for method, (handler, _) in sorted(route.route_handler_map.items(), key=_by_method):
            operation = handler.opt.get("operation")
            if isinstance(operation, Operation):
                yield route.path_format, str(method), operation, handler.handler_name


def _by_method(handled: tuple[Any, Any]) -> str:
    """One order, whatever a set's is."""
    return str(handled[0])


def _types(operation: Operation) -> list[Any]:
    bodies = [kind for kinds in operation.bodies().values() for kind in kinds]
    answers = [answer for answer in operation.answers.values() if answer is not None]
    return [operation.query, *bodies, *answers]


def _described(
    path: str,
    operation: Operation,
    name: str,
    schema_of: Mapping[str, Any],
    components: Mapping[str, Any],
) -> dict[str, Any]:
    collection = path.strip("/").split("/")[1]
    operation_id = f"{name}_{collection}" if name == "put_snapshot" else name
    example = examples().get(operation_id, Example())
    parameters = [
        *_path_parameters(path),
        *_query_parameters(components[operation.query.__name__]),
        *({"name": h, "in": "header", "schema": {"type": "string"}} for h in operation.headers),
    ]
    described: dict[str, Any] = {
        "summary": operation.summary,
        "operationId": operation_id,
        "tags": [operation.tag],
        "parameters": [_with_example(each, example) for each in parameters],
        "responses": {
            **{
                str(status): _response(status, answer, operation.media, schema_of, example)
                for status, answer in operation.answers.items()
            },
            "default": {"$ref": "#/components/responses/Problem"},
        },
        "security": _security(operation),
    }
    if bodies := operation.bodies():
        content = {
            media: {
                "schema": _any_of([schema_of[repr(kind)] for kind in kinds]),
                **_examples(example, media if media != operation.media else ""),
            }
            for media, kinds in bodies.items()
        }
        described["requestBody"] = {"required": True, "content": content}
    return described


def _any_of(schemas: list[Any]) -> Any:
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def _examples(example: Example, media: str) -> dict[str, Any]:
    """Of the operation's media type (`""`) or another."""
    named = {name: other for name, other in example.others.items() if other.media == media}
    if not named:
        return {} if example.body is None or media else {"example": example.body}
    first = {} if media else {"plain": {"value": example.body}}
    return {"examples": first | {name: {"value": other.body} for name, other in named.items()}}


def _with_example(parameter: dict[str, Any], example: Example) -> dict[str, Any]:
    name = parameter["name"]
    known = example.parameters
    return {**parameter, "example": known[name]} if name in known else parameter


def _path_parameters(path: str) -> Iterator[dict[str, Any]]:
    for segment in path.split("/"):
        if segment.startswith("{"):
            name = segment[1:-1]
            schema = _PATH_SCHEMAS.get(name, _ID)
            yield {"name": name, "in": "path", "required": True, "schema": schema}


def _query_parameters(query: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name, schema in query["properties"].items():
        required = {"required": True} if name in query.get("required", ()) else {}
        yield {"name": name, "in": "query", **required, "schema": _without_null(schema)}


def _bound(components: dict[str, Any], bodies: list[Any], schema_of: Mapping[str, Any]) -> None:
    """Says of all that can be sent what the reading of bodies refuses: unknown fields, and integers that
    JavaScript would lose."""
    waiting = [schema_of[repr(body)] for body in bodies]
    seen = set[str]()
    while waiting:
        for part in list(_parts(waiting.pop())):
            name = str(part.get("$ref", "")).rpartition("/")[2]
            if name and name not in seen:
                seen.add(name)
                waiting.append(components[name])
            if part.get("type") == "integer":
                part.setdefault("maximum", LARGEST_INTEGER)
            if isinstance(part.get("properties"), dict) and part.get("type") == "object":
                part.setdefault("additionalProperties", False)


def _parts(part: Any) -> Iterator[dict[str, Any]]:
    """Every object within."""
    if isinstance(part, dict):
        yield part
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            yield from _parts(each)


def _without_null(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A parameter is left out, never null."""
    choices = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    return choices[0] if len(choices) == 1 else schema


def _response(
    status: int, answer: Any, media: str, schema_of: Mapping[str, Any], example: Example
) -> dict[str, Any]:
    """An operation's answers of different statuses have the same body."""
    described: dict[str, Any] = {"description": HTTPStatus(status).phrase}
    if answer is not None:
        content = {"schema": schema_of[repr(answer)]}
        if example.answer is not None:
            content["example"] = example.answer
        described["content"] = {media: content}
    return described


def _security(operation: Operation) -> list[dict[str, list[str]]]:
    """Any one of these opens it."""
    kinds: list[str] = [
        name for name in _SCHEMES if operation.keys is not None and name in operation.keys
    ]
    if "publishable" in kinds:
        kinds.append("publishable_in_url")
    return [{kind: []} for kind in kinds]
