"""Open Badges as they are handed in: told from other bodies, and refused where they are not even that."""

import re
from typing import Annotated, Any

from msgspec import Meta

from libs.common.errors import InvalidRequest
from libs.common.web import decode

VC_JWT = "application/vc+jwt"
_COMPACT = r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$"

OpenBadge = Annotated[
    dict[str, Any],
    Meta(
        title="OpenBadge",
        description="An Open Badge 3.0 as its issuer signed it (JSON-LD with an embedded proof).",
        extra_json_schema={
            "required": ["@context"],
            "properties": {"@context": {}},
            "additionalProperties": True,
        },
    ),
]
VcJwt = Annotated[
    str,
    Meta(
        title="VcJwt",
        description="An Open Badge 3.0 as a signed JWT in compact form.",
        pattern=_COMPACT,
    ),
]


def is_badge(raw: bytes) -> bool:
    """Whether a JSON body has a JSON-LD context. Raises InvalidRequest for what is no JSON object."""
    return "@context" in decode(raw, dict[str, Any])


def require_jwt(raw: bytes) -> None:
    """Raises InvalidRequest for what is no JWT in compact form."""
    if not re.match(_COMPACT.encode(), raw.strip()):
        raise InvalidRequest("The body is no JWT in compact form.")
