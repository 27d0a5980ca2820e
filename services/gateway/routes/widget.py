"""What a job page loads: the widget's script, its versions, the iframe's page, the tag to paste."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from libs.common.errors import InvalidRequest, NotFound, Unauthenticated
from libs.common.web import Answer, json_response, read_bytes, require_media
from libs.common.web.compression import chosen
from libs.common.web.decoding import decode
from services.gateway.auth.body_key import LIMIT
from services.gateway.auth.guard import ANONYMOUS, Guard, given_key, header, required
from services.gateway.routes.operation import GatewayRequest, Operation, names_of
from services.gateway.routes.parameters import FrameQuery
from services.gateway.usecases.exposures import Exposed, ExposureBody, Exposures
from services.gateway.widget import files

Headers = tuple[tuple[bytes, bytes], ...]
# Scripts are anybody's; they hold nothing that is anyone's.
_OPEN: Headers = (
    (b"access-control-allow-origin", b"*"),
    (b"cross-origin-resource-policy", b"cross-origin"),
    (b"vary", b"Accept-Encoding"),
)
_SHORT = (b"cache-control", b"public, max-age=300")
_FOR_EVER = (b"cache-control", b"public, max-age=31536000, immutable")
_PRIVATE = (b"cache-control", b"private, max-age=60")
_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; frame-ancestors "
)
AnyRequest = Request[Any, Any, Any]
EVENTS = Operation(
    summary="What a widget showed and what was chosen; as text/plain, with the key in the body, it needs no preflight",
    tag="Recommendations",
    keys=ANONYMOUS,
    body=ExposureBody,
    answers={202: Exposed},
    key_in_body=True,
)


def exposure_routes(exposures: Exposures) -> list[HTTPRouteHandler]:
    @post("/v1/widget/events", opt=EVENTS.opt(), status_code=202)
    async def post_exposures(request: GatewayRequest) -> Response[bytes]:
        require_media(request, "text/plain", "application/json")
        body = decode(await read_bytes(request, limit=LIMIT), ExposureBody)
        return json_response(await exposures.accept(request.auth.partner, body.events), 202)

    return [post_exposures]


def widget_routes(guard: Guard) -> list[HTTPRouteHandler]:
    widget = files.read()

    @get("/widget/v1/stackwise.js")
    async def get_loader(request: AnyRequest) -> Answer:
        return _sent(request, widget.loader, (_SHORT, *_OPEN))

    @get("/widget/v1/snippet")
    async def get_snippet(request: AnyRequest) -> Any:
        path = f"/widget/{widget.version}/stackwise.js"
        tag = f'<script type="module" src="{_outside(request)}{path[1:]}" integrity="{widget.integrity}" crossorigin="anonymous"></script>'
        said = {
            "version": widget.version,
            "path": path,
            "integrity": widget.integrity,
            "tag": tag,
        }
        return json_response(said, headers={"cache-control": "no-store"})

    @get("/widget/v1/frame", opt={"query": (*names_of(FrameQuery), "key")})
    async def get_frame(request: AnyRequest) -> Answer:
        principal = await guard.caller(request.scope, required(given_key(request.scope)[0]))
        if principal.kind != "publishable":
            raise Unauthenticated("Only a publishable key may stand in a URL.")
        allowed = " ".join(sorted(principal.allowed_origins)) or "'none'"
        policy = (b"content-security-policy", (_POLICY + allowed).encode())
        return _sent(request, widget.frame, (_PRIVATE, policy, _OPEN[2]))

    @get("/widget/{version:str}/{name:str}")
    async def get_version(
        request: AnyRequest, version: FromPath[str], name: FromPath[str]
    ) -> Answer:
        found = widget.versions.get(version, {}).get(name)
        if found is None:
            raise NotFound("There is no such file of the widget.")
        return _sent(request, found, (_FOR_EVER, *_OPEN))

    return [get_loader, get_snippet, get_frame, get_version]


def _outside(request: AnyRequest) -> str:
    """Our address as the caller sees it: a proxy before us may speak https to them and http to us."""
    try:
        base = str(request.base_url)
    except ValueError as bad:
        raise InvalidRequest("the Host header names no host") from bad
    behind = header(request.scope, b"x-forwarded-proto") == "https"
    return f"https{base.removeprefix('http')}" if behind and base.startswith("http:") else base


def _sent(request: AnyRequest, file: files.File, headers: Headers) -> Answer:
    """The file in the coding that the browser weighs most, or 304 for who has it."""
    coding = chosen((header(request.scope, b"accept-encoding") or "").encode("latin-1")) or ""
    tag = f'"{file.digest}{coding and "-" + coding}"'
    said = ((b"etag", tag.encode()), (b"content-type", file.media_type.encode()), *headers)
    if tag in (header(request.scope, b"if-none-match") or ""):
        return Answer(b"", 304, said)
    encoded = ((b"content-encoding", coding.encode()),) if coding else ()
    return Answer(file.bodies[coding], headers=(*said, *encoded))
