"""Ids in paths: any text is an id, and reaches the handler as it was before it was quoted."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.client import ServiceClient
from libs.common.health import Health
from libs.common.web import create_app
from tests.unit.common.sample_routes import ROUTES

IDS = [
    "plain",
    "http://data.europa.eu/esco/skill/9ab8-1",
    "a/b",
    "/a//b/",
    "a%2Fb",
    "100%",
    "a b+c",
    "résumé",
    "技能",
    "🎓",
    "x?y=1#z",
    ".",
    "..",
    "recommendations",
    "a:b,c;d=e@f",
    "\\",
    "{learner_id}",
]


@pytest.mark.parametrize("learner_id", IDS)
async def test_any_id_is_one_segment(http: httpx.AsyncClient, learner_id: str) -> None:
    """Slashes, dots, percent signs and other scripts are unquoted exactly once."""
    path = ServiceClient.path("v1", "learners", learner_id, "recommendations")
    answer = await http.get(path)
    assert answer.json()["learner_id"] == learner_id


@given(
    st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40
    )
)
async def test_every_text_is_an_id(learner_id: str) -> None:
    """There is no text, NUL aside, that cannot be an id."""
    app = create_app(routes=ROUTES, health=Health())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as http:
        path = ServiceClient.path("v1", "learners", learner_id, "recommendations")
        assert (await http.get(path)).json()["learner_id"] == learner_id


async def test_two_ids_in_one_path(http: httpx.AsyncClient) -> None:
    """Each parameter is unquoted for itself."""
    answer = await http.get(ServiceClient.path("v1", "regulations", "isco:2211/a", "US-CA"))
    assert answer.json() == ["isco:2211/a", "US-CA"]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/learners//recommendations",
        "/v1/learners/a//recommendations",
        "//v1/learners/a/recommendations",
        "/v1/learners/a/recommendations/",
        "/v1/learners/http://a/recommendations",
        "/v1/learners/a%2Frecommendations",
        "/nowhere",
        "/",
    ],
)
async def test_an_unquoted_or_empty_id_is_not_guessed(http: httpx.AsyncClient, path: str) -> None:
    """No segment is dropped or joined to make a path fit: 404."""
    answer = await http.get(httpx.URL("http://app" + path))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("learner_id", "said"),
    [
        ("%", "no escape"),
        ("%zz", "no escape"),
        ("a%2", "no escape"),
        ("%FF", "not UTF-8"),
        ("%ED%A0%80", "not UTF-8"),
        ("a%00b", "NUL"),
        ("x" * 501, "longer"),
    ],
)
async def test_an_impossible_id_is_refused(
    app_answer: Callable[[bytes], Awaitable[tuple[int, Any]]], learner_id: str, said: str
) -> None:
    """A broken escape (it would be an alias of another id), bytes that are no text, a NUL (PostgreSQL
    cannot store one), and more than 500 characters: 400."""
    status, body = await app_answer(f"/v1/learners/{learner_id}/recommendations".encode())
    assert status == 400
    assert said in body["detail"]
    assert "learner_id" in body["detail"]


async def test_every_answer_allows_the_same_methods(http: httpx.AsyncClient) -> None:
    """OPTIONS and 405 agree, also where a path has several handlers."""
    asked = await http.options("/v1/two/a")
    refused = await http.patch("/v1/two/a")
    assert (asked.status_code, refused.status_code) == (204, 405)
    assert asked.headers["allow"] == refused.headers["allow"] == "GET, HEAD, OPTIONS, PUT"
    assert (await http.options("/v1/what-if")).headers["allow"] == "OPTIONS, POST"


async def test_head_is_get_without_the_body(http: httpx.AsyncClient) -> None:
    """The same status and headers; where there is no GET there is no HEAD."""
    got, asked = await http.get("/v1/two/a"), await http.head("/v1/two/a")
    assert (asked.status_code, asked.content) == (200, b"")
    assert asked.headers["content-length"] == got.headers["content-length"]
    assert (await http.head("/v1/learners/%zz/recommendations")).status_code == 400
    assert (await http.head("/v1/what-if")).status_code == 405


async def test_a_path_that_is_not_utf8_is_refused(
    app_answer: Callable[[bytes], Awaitable[tuple[int, Any]]],
) -> None:
    """Raw bytes in a path are text or nothing."""
    status, body = await app_answer(b"/v1/learners/caf\xe9/recommendations")
    assert (status, body["code"]) == (400, "invalid_request")
    status, body = await app_answer("/v1/learners/café/recommendations".encode())
    assert (status, body["learner_id"]) == (200, "café")


@pytest.mark.parametrize("segment", [".", "..", "a/b", "%"])
def test_a_client_path_cannot_climb(segment: str) -> None:
    """What a client builds is what the server sees, also after the URL library has normalised it."""
    url = httpx.URL("http://service").join(ServiceClient.path("partners", segment, "learners"))
    raw = url.raw_path.decode()
    assert raw.count("/") == 3
    assert raw.split("/")[2] in (quote(segment, safe=""), segment.replace(".", "%2E"))
