"""`/schema/openapi.json`, and `/schema`: a page that shows it and loads nothing from elsewhere."""

from functools import cache
from pathlib import Path
from typing import Any

from litestar import Litestar, Request, Response, get
from litestar.handlers import HTTPRouteHandler

from libs.common.web import json_response
from services.gateway.openapi import document

_FOLDER = Path(__file__).parent.parent / "docs"
_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "cache-control": "max-age=300",
}
_FILES = {
    "/schema": ("index.html", "text/html; charset=utf-8"),
    "/schema/docs.js": ("docs.js", "text/javascript; charset=utf-8"),
    "/schema/docs.css": ("docs.css", "text/css; charset=utf-8"),
}


@cache
def _document(app: Litestar) -> bytes:
    return document(app)


@get("/schema/openapi.json")
async def get_openapi(request: Request[Any, Any, Any]) -> Response[bytes]:
    return json_response(_document(request.app), headers={"cache-control": "max-age=300"})


def document_routes() -> list[HTTPRouteHandler]:
    return [get_openapi, *(_page(path, *file) for path, file in _FILES.items())]


def _page(path: str, name: str, media_type: str) -> HTTPRouteHandler:
    @get(path)
    async def get_page() -> Response[bytes]:
        content = (_FOLDER / name).read_bytes()
        return Response(content, media_type=media_type, headers=_HEADERS)

    return get_page
