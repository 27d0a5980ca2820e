"""What a body looks like, for the OpenAPI document: `@post(…, operation_class=takes(WhatIf))`.

Handlers read bodies with `read_body`, so Litestar cannot see their type by itself.
"""

from dataclasses import dataclass
from typing import Any, cast

import msgspec
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema


def takes(kind: Any, media_type: str = "application/json") -> type[Operation]:
    """The operation class of a handler whose body is a `kind`."""
    body = RequestBody(
        content={media_type: OpenAPIMediaType(schema=cast(Schema, schema_of(kind)))}, required=True
    )

    @dataclass
    class Documented(Operation):
        def __post_init__(self) -> None:
            self.request_body = body

    return Documented


def schema_of(kind: Any) -> dict[str, Any]:
    """The JSON Schema of a type with everything in place; types that hold themselves have none."""
    (schema,), components = msgspec.json.schema_components([kind], ref_template="{name}")
    return cast(dict[str, Any], _in_place(schema, components))


def _in_place(part: Any, components: dict[str, Any]) -> Any:
    if isinstance(part, dict):
        if "$ref" in part:
            return _in_place(components[part["$ref"]], components)
        return {name: _in_place(member, components) for name, member in part.items()}
    if isinstance(part, list):
        return [_in_place(member, components) for member in part]
    return part
