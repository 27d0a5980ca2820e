"""Answers as bytes straight out, without Litestar's serialisation."""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Response

_encoder = msgspec.json.Encoder()


def json_response(
    value: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response[bytes]:
    """A Struct, anything msgspec encodes, or JSON bytes as they are."""
    content = value if isinstance(value, bytes) else _encoder.encode(value)
    return Response(
        content, status_code=status, media_type="application/json", headers=dict(headers or {})
    )
