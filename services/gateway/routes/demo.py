"""`/demo`: a sample job board. There are no such routes unless a setting names the demo's key."""

from pathlib import Path

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from libs.common.errors import NotFound, Unavailable
from libs.common.web import json_response
from services.gateway.demo import pages
from services.gateway.demo.key import new_session, read_key

_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
    "cache-control": "no-cache",
}
_FILES = {"demo.css": "text/css", "draw.js": "text/javascript", "stream.js": "text/javascript"}
_FILES["learner.js"] = "text/javascript"


def demo_routes(key: Path | None) -> list[HTTPRouteHandler]:
    """The board whose tokens are signed with the key in this file; none without one."""
    if key is None:
        return []

    @get("/demo")
    async def get_jobs() -> Response[str]:
        return _html(pages.list_page())

    @get("/demo/jobs/{job_id:str}")
    async def get_job(job_id: FromPath[str]) -> Response[str]:
        job = pages.jobs().get(job_id)
        if job is None:
            return _html(pages.notice_page("No such job", "It may have been filled."), 404)
        try:
            return _html(pages.job_page(job, read_key(key).publishable_key))
        except Unavailable as away:
            return _html(pages.notice_page("One moment", away.detail), 503)

    @get("/demo/learner")
    async def get_learner_page() -> Response[str]:
        return _html(pages.learner_page())

    @get("/demo/people")
    async def get_people() -> Response[bytes]:
        return json_response(list(pages.people().values()))

    @post("/demo/sessions/{person:str}", status_code=201)
    async def post_session(person: FromPath[str]) -> Response[bytes]:
        if person not in pages.people():
            raise NotFound("There is no such person in the demo.")
        made = new_session(read_key(key), person)
        return json_response(made, 201, {"cache-control": "no-store"})

    @get("/demo/files/{name:str}")
    async def get_file(name: FromPath[str]) -> Response[bytes]:
        if name not in _FILES:
            raise NotFound("There is no such file in the demo.")
        content = (pages.FOLDER / "static" / name).read_bytes()
        return Response(content, media_type=_FILES[name], headers=_HEADERS)

    return [get_jobs, get_job, get_learner_page, get_people, post_session, get_file]


def _html(text: str, status: int = 200) -> Response[str]:
    return Response(text, status_code=status, media_type="text/html", headers=_HEADERS)
