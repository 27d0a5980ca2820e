"""What a mobile app does, as its guide shows it (`services/gateway/docs/mobile.md`)."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx

Json = dict[str, Any]


class App:
    """One learner's app: it has their token, and the last list with its ETag."""

    def __init__(self, gateway: str, learner_id: str, token: str) -> None:
        self.path = f"/v1/learners/{quote(learner_id, safe='')}"
        headers = {"authorization": f"Bearer {token}"}
        self.http = httpx.AsyncClient(base_url=gateway, headers=headers, timeout=30)
        self.list: Json = {}
        self.etag = ""
        self.event_id = ""

    async def refresh(self, position: int | None = None) -> bool:
        """Asks for the list, at best one that includes a position; whether it was another."""
        answer = await self.http.get(
            f"{self.path}/recommendations",
            params={} if position is None else {"min_position": position},
            headers={"if-none-match": self.etag} if self.etag else {},
        )
        if answer.status_code == 304:
            return False
        answer.raise_for_status()
        self.list, self.etag = answer.json(), answer.headers["etag"]
        return True

    async def did(self, credential_id: str, kind: str) -> int:
        """Tells what the learner did; the position of it in the log."""
        event = {
            "credential_id": credential_id,
            "kind": kind,
            "occurred_at": datetime.now(UTC).isoformat(),
            "recommendation_id": self.list.get("recommendation_id"),
        }
        answer = await self.http.post(f"{self.path}/interactions", json={"events": [event]})
        answer.raise_for_status()
        position: int = answer.json()["position"]
        return position

    async def follow(self) -> AsyncIterator[Json]:
        """Each new list, for as long as the app is open; a connection that is lost or refused for now is taken up again."""
        while True:
            headers = {"last-event-id": self.event_id} if self.event_id else {}
            url = f"{self.path}/recommendations/stream"
            rest = 2.0
            try:
                async with self.http.stream("GET", url, headers=headers) as answer:
                    if answer.status_code in (429, 503):
                        rest = float(answer.headers.get("retry-after", rest))
                    else:
                        answer.raise_for_status()
                    async for line in _lines(answer):
                        if line.startswith("id: "):
                            self.event_id = line.removeprefix("id: ")
                        elif line.startswith("data: "):
                            self.list = json.loads(line.removeprefix("data: "))
                            self.etag = f'"{self.event_id}"'
                            yield self.list
            except httpx.TransportError:
                pass
            await asyncio.sleep(rest)


async def _lines(answer: httpx.Response) -> AsyncIterator[str]:
    """Not `aiter_lines`, for which some characters of a text end a line."""
    text = ""
    async for part in answer.aiter_text():
        *lines, text = (text + part).split("\n")
        for line in lines:
            yield line
