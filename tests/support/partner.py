"""A partner's view of the gateway, as a job board's server would write it."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx
import msgspec

from tests.support.waiting import until


def path(*segments: str) -> str:
    """A path below /v1 with every segment percent-encoded."""
    return "/v1/" + "/".join(quote(segment, safe="") for segment in segments)


def event(credential_id: str, kind: str = "complete", at: datetime | None = None) -> dict[str, Any]:
    """An interaction as a partner posts it; now, unless a time is given."""
    moment = at or datetime.now(UTC)
    return {"credential_id": credential_id, "kind": kind, "occurred_at": moment.isoformat()}


class Partner:
    """Calls with one key; every method asserts the status a partner expects and returns the body.

    `id` is known of a partner that a test has created.
    """

    def __init__(self, http: httpx.AsyncClient, id: str = "") -> None:
        self.http = http
        self.id = id

    async def put_learner(self, learner_id: str, **profile: Any) -> dict[str, Any]:
        """Creates or replaces a learner."""
        return _body(await self.http.put(path("learners", learner_id), json=profile), 200, 201)

    async def interact(self, learner_id: str, *events: Mapping[str, Any]) -> dict[str, Any]:
        """Posts interactions of one learner."""
        return _body(
            await self.http.post(
                path("learners", learner_id, "interactions"), json={"events": list(events)}
            ),
            202,
        )

    async def interact_in_bulk(self, lines: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Posts interactions of many learners as NDJSON; the answer has a line for each."""
        return bulk_results(await self.post_in_bulk(lines))

    async def post_in_bulk(self, lines: Iterable[Mapping[str, Any]]) -> httpx.Response:
        """The same, whatever the answer is."""
        return await self.http.post(
            "/v1/interactions",
            content=b"\n".join(msgspec.json.encode(line) for line in lines),
            headers={"content-type": "application/x-ndjson"},
        )

    async def recommendations(self, learner_id: str, **query: Any) -> dict[str, Any]:
        """A learner's list."""
        answer = await self.http.get(path("learners", learner_id, "recommendations"), params=query)
        return _body(answer, 200)

    async def covering(self, learner_id: str, position: int, **query: Any) -> dict[str, Any]:
        """The learner's list once it includes a position."""
        return await until(
            lambda: self.recommendations(learner_id, min_position=position, **query),
            lambda found: _position(found) >= position,
        )


def bulk_results(answer: httpx.Response) -> list[dict[str, Any]]:
    """The lines of a bulk answer."""
    assert answer.status_code == 200, answer.text
    return [msgspec.json.decode(line) for line in answer.text.splitlines()]


def ids(answer: Mapping[str, Any]) -> list[str]:
    """The credential ids of an answer, best first."""
    return [item["credential"]["id"] for item in answer["items"]]


@asynccontextmanager
async def client(url: str, key: str | None, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client that sends one key."""
    sent = {**headers, **({} if key is None else {"authorization": f"Bearer {key}"})}
    async with httpx.AsyncClient(base_url=url, headers=sent, timeout=30) as http:
        yield http


def _body(answer: httpx.Response, *expected: int) -> dict[str, Any]:
    assert answer.status_code in expected, f"{answer.status_code}: {answer.text}"
    body: dict[str, Any] = answer.json()
    return body


def _position(answer: Mapping[str, Any]) -> int:
    """The position that an answer covers; -1 before the first event."""
    position = answer["freshness"]["position"]
    return -1 if position is None else int(position)
