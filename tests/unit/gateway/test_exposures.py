"""What widgets report: the key stands in the body, and only served items of this partner's pages are kept."""

from datetime import timedelta
from typing import Any

import httpx
import msgspec

from tests.factories.catalog import credential
from tests.unit.gateway.fakes import NOW
from tests.unit.gateway.world import ORIGIN, World

URL = "/v1/widget/events"
PAGE = {"origin": ORIGIN, "content-type": "text/plain;charset=UTF-8"}


def seen(credential_id: str = "c1", **parts: Any) -> dict[str, Any]:
    event = {"kind": "click", "credential_id": credential_id, "recommendation_id": "rec_1"}
    return {**event, "occurred_at": NOW.isoformat(), **parts}


def body(world: World, *events: dict[str, Any], **parts: Any) -> bytes:
    return msgspec.json.encode({"key": world.publishable, "events": events, **parts})


async def test_a_beacon_needs_no_header(world: World, nobody: httpx.AsyncClient) -> None:
    """Given events as text with the key in the body, one twice, one unknown and one of tomorrow; then the others are kept
    once, as the partner's, the page may read so, and each rejection says why."""
    world.publish(credential("c1"), credential("theirs", audience=["another"]))
    tomorrow = (NOW + timedelta(days=1)).isoformat()
    events = [seen(), seen(), seen("theirs"), seen(occurred_at=tomorrow), seen(kind="impression")]
    answer = await nobody.post(URL, content=body(world, *events), headers=PAGE)
    assert answer.status_code == 202, answer.text
    assert answer.json()["accepted"] == 3
    rejected = [(each["index"], each["code"]) for each in answer.json()["rejected"]]
    assert rejected == [(2, "unknown_credential"), (3, "occurred_in_future")]
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    kept = [(each.partner_id, each.kind) for each in world.exposures.records]
    assert kept == [("partner", "click"), ("partner", "impression")]


async def test_only_the_partners_pages_report(world: World, nobody: httpx.AsyncClient) -> None:
    """Refused: another origin, no key, a secret key in a body, and a body that is too large; our own frame may."""
    world.publish(credential("c1"))
    evil = {**PAGE, "origin": "https://evil.example"}
    foreign = await nobody.post(URL, content=body(world, seen()), headers=evil)
    assert (foreign.status_code, foreign.json()["code"]) == (403, "origin_not_allowed")
    for content in (b"{}", b"nonsense", body(world, seen(), key=world.secret)):
        assert (await nobody.post(URL, content=content, headers=PAGE)).status_code == 401
    large = await nobody.post(URL, content=b" " * 64_001, headers=PAGE)
    assert large.status_code == 413
    frame = {**PAGE, "origin": "http://gateway", "sec-fetch-site": "same-origin"}
    assert (await nobody.post(URL, content=body(world, seen()), headers=frame)).status_code == 202


async def test_without_kafka_events_are_refused(world: World, nobody: httpx.AsyncClient) -> None:
    """503 with `Retry-After`, so that the page keeps them; malformed events are 400."""
    world.publish(credential("c1"))
    world.exposures.away = True
    away = await nobody.post(URL, content=body(world, seen()), headers=PAGE)
    assert (away.status_code, away.json()["code"]) == (503, "unavailable")
    assert int(away.headers["retry-after"]) >= 1
    bad = await nobody.post(URL, content=body(world, seen(kind="complete")), headers=PAGE)
    assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (400, "/events/0/kind")
