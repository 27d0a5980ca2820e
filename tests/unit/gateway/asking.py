"""Asking for recommendations."""

from typing import Any

import httpx

URL = "/v1/learners/ana/recommendations"


async def get(client: httpx.AsyncClient, url: str = URL, **query: Any) -> dict[str, Any]:
    answer = await client.get(url, params=query)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def ids(answer: dict[str, Any]) -> list[str]:
    return [item["credential"]["id"] for item in answer["items"]]
