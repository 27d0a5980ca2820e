"""Every endpoint answers bad input as api.md's table says, and nothing is half done."""

import json
import uuid
from typing import Any

import httpx
import pytest

from tests.support.flow import Flow
from tests.support.partner import event, path

pytestmark = pytest.mark.stack

NESTED = b'{"name": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
HUGE = b'{"name": "' + b"x" * 8_000_000 + b'"}'
JSON = {"content-type": "application/json"}

ADMIN_BODIES = (
    ("PUT", "/v1/credentials/bad-input"),
    ("PUT", "/v1/skills/bad-input"),
    ("PUT", "/v1/occupations/bad-input"),
    ("PUT", "/v1/regulations/bad-input/US"),
    ("PUT", "/v1/demand/US/bad-input"),
)
PARTNER_BODIES = (
    ("PUT", "/v1/learners/bad-input"),
    ("POST", "/v1/learners/bad-input/interactions"),
    ("POST", "/v1/learners/bad-input/credentials"),
    ("POST", "/v1/recommendations"),
)
READS = (
    "/v1/learners/bad-input/recommendations",
    "/v1/learners/bad-input",
    "/v1/learners/bad-input/export",
    "/v1/learners/bad-input/credentials",
    "/v1/widget/recommendations",
    "/v1/credentials",
    "/v1/occupations",
    "/v1/skills",
    "/v1/credentials/bad-input",
    "/v1/credentials/bad-input/similar",
    "/v1/occupations/bad-input",
    "/v1/skills/bad-input",
    "/v1/value-weights",
)
BAD_BODIES: dict[str, tuple[bytes, dict[str, str], int, str]] = {
    "no JSON": (b"{", JSON, 400, "invalid_request"),
    "empty": (b"", JSON, 400, "invalid_request"),
    "not an object": (b"[1]", JSON, 400, "invalid_request"),
    "unknown field": (b'{"surprise": 1}', JSON, 400, "invalid_request"),
    "not UTF-8": (b'{"name": "\xff"}', JSON, 400, "invalid_request"),
    "100,000 nested brackets": (NESTED, JSON, 400, "invalid_request"),
    "8 MB": (HUGE, JSON, 413, "too_large"),
    "another media type": (b"name=x", {"content-type": "text/html"}, 415, "unsupported_media_type"),
}


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem document of an answer, checked to be one."""
    assert answer.status_code == status, f"{answer.status_code}: {answer.text[:500]}"
    assert answer.headers["content-type"].startswith("application/problem+json")
    body: dict[str, Any] = answer.json()
    assert body["code"] == code, body
    assert body["status"] == status
    assert body["request_id"] == answer.headers["x-request-id"]
    return body


@pytest.mark.parametrize("bad", BAD_BODIES)
@pytest.mark.parametrize(("method", "url"), [*ADMIN_BODIES, *PARTNER_BODIES])
async def test_bad_bodies_are_refused(flow: Flow, method: str, url: str, bad: str) -> None:
    """Malformed, foreign, too deep and too large bodies get their status and code on every endpoint."""
    content, headers, status, code = BAD_BODIES[bad]
    http = flow.admin if (method, url) in ADMIN_BODIES else flow.partner.http
    answer = await http.request(method, url, content=content, headers=headers)
    problem(answer, status, code)


@pytest.mark.parametrize("url", READS)
async def test_unknown_query_parameters_are_refused(flow: Flow, url: str) -> None:
    """A misspelt parameter is 400 and named, never ignored."""
    body = problem(
        await flow.partner.http.get(url, params={"surprise": "1"}), 400, "invalid_request"
    )
    assert any("surprise" in each["pointer"] for each in body["errors"])


@pytest.mark.parametrize(
    ("url", "query"),
    [
        *((f"/v1/{kind}", {"limit": "0"}) for kind in ("credentials", "skills", "occupations")),
        ("/v1/credentials", {"limit": "101"}),
        ("/v1/credentials", {"cursor": "nonsense"}),
        ("/v1/credentials", {"max_cost": "cheap"}),
        ("/v1/credentials", {"status": "gone"}),
        ("/v1/learners/bad-input/recommendations", {"limit": "51"}),
        ("/v1/learners/bad-input/recommendations", {"limit": "ten"}),
        ("/v1/learners/bad-input/recommendations", {"min_position": "-1"}),
        ("/v1/learners/bad-input/recommendations", {"max_cost": "-1"}),
        ("/v1/learners/bad-input/recommendations", {"delivery": "by_post"}),
        ("/v1/learners/bad-input/recommendations", {"region": "nowhere"}),
        ("/v1/widget/recommendations", {"limit": "0"}),
    ],
)
async def test_bad_query_values_are_refused(flow: Flow, url: str, query: dict[str, str]) -> None:
    """A parameter out of its range is 400 and named by a pointer."""
    answer = await flow.partner.http.get(url, params=query)
    body = problem(answer, 400, "invalid_request")
    assert any(next(iter(query)) in each["pointer"] for each in body["errors"])


@pytest.mark.parametrize("url", ["/v1/nothing", "/", "/v1/learners/a/b/c"])
async def test_unknown_paths_are_not_found(flow: Flow, url: str) -> None:
    """Also as a problem document."""
    problem(await flow.partner.http.get(url), 404, "not_found")


async def test_a_wrong_method_is_405(flow: Flow) -> None:
    """With the methods that are allowed."""
    answer = await flow.partner.http.patch("/v1/credentials/x")
    problem(answer, 405, "method_not_allowed")
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize(("method", "url"), [*ADMIN_BODIES, *PARTNER_BODIES])
async def test_no_key_and_a_wrong_key_are_401(flow: Flow, method: str, url: str) -> None:
    """Nobody gets in without a key, with a made-up one, or with one in the query."""
    for headers in ({}, {"authorization": "Bearer sk_invented"}, {"authorization": "Basic x"}):
        async with httpx.AsyncClient(base_url=flow.stack.gateway_url) as stranger:
            answer = await stranger.request(method, url, json={}, headers=headers)
            problem(answer, 401, "unauthenticated")


@pytest.mark.parametrize(("method", "url"), ADMIN_BODIES)
async def test_a_partner_cannot_write_the_catalog(flow: Flow, method: str, url: str) -> None:
    """The secret key of a partner is not an administrator's."""
    problem(await flow.partner.http.request(method, url, json={}), 403, "forbidden")


async def test_a_bad_event_is_named_and_the_good_ones_are_taken(flow: Flow) -> None:
    """Per event: unknown credential, invalid kind, future; the rest is accepted."""
    ladder = await flow.publish_ladder(f"bad {uuid.uuid4()}")
    learner = f"events-{uuid.uuid4()}"
    answer = await flow.partner.interact(
        learner,
        event(ladder.first, "view"),
        event("no such credential"),
        event(ladder.first, "bought"),
        {**event(ladder.first), "occurred_at": "2999-01-01T00:00:00Z"},
    )
    assert answer["accepted"] == 1
    assert {(each["index"], each["code"]) for each in answer["rejected"]} == {
        (1, "unknown_credential"),
        (2, "invalid_kind"),
        (3, "occurred_in_future"),
    }


async def test_a_malformed_envelope_stores_nothing(flow: Flow) -> None:
    """One misshapen event refuses the request with a pointer, and the learner is not registered."""
    ladder = await flow.publish_ladder(f"envelope {uuid.uuid4()}")
    learner = f"envelope-{uuid.uuid4()}"
    events = [event(ladder.first), {"credential_id": ladder.first}]
    url = path("learners", learner, "interactions")
    for body in ({"events": events}, {"events": []}, {"events": [event(ladder.first)] * 501}):
        problem(await flow.partner.http.post(url, json=body), 400, "invalid_request")
    answer = await flow.partner.http.post(url, json={"events": events})
    assert any(
        each["pointer"].startswith("/events/1")
        for each in problem(answer, 400, "invalid_request")["errors"]
    )
    missing = await flow.partner.http.get(path("learners", learner))
    problem(missing, 404, "learner_not_found")


async def test_only_refused_events_register_nobody(flow: Flow) -> None:
    """An unknown learner is registered when an event of theirs is accepted, not before."""
    learner = f"refused-{uuid.uuid4()}"
    answer = await flow.partner.interact(learner, event("no such credential"))
    assert (answer["accepted"], answer["position"]) == (0, None)
    problem(await flow.partner.http.get(path("learners", learner)), 404, "learner_not_found")


async def test_bulk_lines_are_answered_one_by_one(flow: Flow) -> None:
    """Bad lines are named by their number, good ones get a position, in the order of the input."""
    ladder = await flow.publish_ladder(f"bulk {uuid.uuid4()}")
    learner = f"bulk-{uuid.uuid4()}"
    good = json.dumps({"learner_id": learner, **event(ladder.first, "view")}).encode()
    foreign = json.dumps({"learner_id": learner, **event("unknown")}).encode()
    lines = [good, b"{", foreign, good, b'{"learner_id": "x"}', b"[" * 100_000]
    answer = await flow.partner.http.post(
        "/v1/interactions",
        content=b"\n".join(lines),
        headers={"content-type": "application/x-ndjson"},
    )
    assert answer.status_code == 200
    results = [json.loads(line) for line in answer.text.splitlines()]
    assert [each["line"] for each in results] == [1, 2, 3, 4, 5, 6]
    assert [each.get("code") for each in results] == [
        *(None, "invalid_request", "unknown_credential", None),
        *("invalid_request", "invalid_request"),
    ]
    assert results[3]["position"] > results[0]["position"]


@pytest.mark.parametrize(
    "id",
    [
        "http://data.europa.eu/esco/skill/0005c151-5b5a",
        "a%2Fb",
        "with space and ünïcode/ñ",
        "trailing/",
        "double//slash",
        "..",
        "?query#fragment",
        "日本語",
        "plus+and&amp",
    ],
)
async def test_any_id_works_everywhere(flow: Flow, id: str) -> None:
    """Slashes, spaces, percent signs and other scripts survive every path and every call between services."""
    id = f"{id}~{uuid.uuid4()}"
    await flow.admin.put(path("skills", id), json={"name": "Any id"})
    await flow.publish(id, skills=[{"id": id}])
    read = await flow.partner.http.get(path("credentials", id))
    assert read.json()["id"] == id
    assert (await flow.partner.http.get(path("skills", id))).json()["id"] == id
    await flow.partner.put_learner(id, skills=[{"id": id}])
    done = await flow.partner.interact(id, event(id))
    answer = await flow.partner.covering(id, done["position"])
    assert answer["freshness"]["position"] == done["position"]
    retired = await flow.admin.delete(path("credentials", id))
    assert retired.json()["status"] == "deprecated"
    assert (await flow.partner.http.delete(path("learners", id))).status_code == 202
