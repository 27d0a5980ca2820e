"""The language of an answer's sentences: what it is, and the headers that say so."""

from libs.common.web import Answer
from services.gateway.auth.guard import header
from services.gateway.messages.languages import Languages
from services.gateway.routes.operation import GatewayRequest

ACCEPTED = "Accept-Language"
Headers = tuple[tuple[bytes, bytes], ...]


def language_of(request: GatewayRequest, languages: Languages, asked: str | None = None) -> str:
    """The tag that the request reads best; `asked` goes before its `Accept-Language`."""
    return languages.negotiated(header(request.scope, b"accept-language"), asked)


def language_headers(tag: str) -> Headers:
    """`Vary`, so that no cache gives one reader's language to another (RFC 9110, 12.5.5)."""
    return (b"content-language", tag.encode()), (b"vary", b"Accept-Language")


def json_in(body: bytes, tag: str) -> Answer:
    """JSON with sentences in a language."""
    headers = (b"content-type", b"application/json"), *language_headers(tag)
    return Answer(body, headers=headers)
