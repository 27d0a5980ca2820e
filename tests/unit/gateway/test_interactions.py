"""What becomes of interactions, one learner's and many's."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest

from libs.common.contracts.calls import Stored
from libs.common.errors import InvalidRequest, Refusal, Unavailable
from services.gateway.usecases.bulk import LINES_AT_A_TIME, Bulk
from services.gateway.usecases.interactions import Interactions
from tests.factories.catalog import credential
from tests.unit.gateway.fakes import NOW
from tests.unit.gateway.world import World

URL = "/v1/learners/ana/interactions"
NDJSON = {"content-type": "application/x-ndjson"}


def event(credential_id: str = "c1", kind: str = "view", at: datetime = NOW, **more: Any) -> Any:
    return {"credential_id": credential_id, "kind": kind, "occurred_at": at.isoformat(), **more}


def bulk_of(world: World) -> Bulk:
    return Bulk(Interactions(world.view, world.profile, lambda: NOW))


@pytest.fixture(autouse=True)
def known(world: World) -> None:
    world.publish(credential("c1"))


async def test_each_event_is_judged_alone(world: World, partner: httpx.AsyncClient) -> None:
    """The good are stored in their order, the others say why not, by their place in the request."""
    events = [
        event(),
        event("nowhere"),
        event(kind="glance"),
        event(at=NOW + timedelta(minutes=6)),
        event(kind="complete", at=NOW + timedelta(minutes=4), recommendation_id="rec_1"),
    ]
    answer = await partner.post(URL, json={"events": events})
    assert answer.status_code == 202
    body = answer.json()
    assert (body["accepted"], body["position"]) == (2, 1)
    assert [(r["index"], r["code"]) for r in body["rejected"]] == [
        (1, "unknown_credential"),
        (2, "invalid_kind"),
        (3, "occurred_in_future"),
    ]
    assert all(r["detail"] for r in body["rejected"])
    stored = [accepted for _, accepted in world.profile.accepted]
    assert [(e.learner_id, e.kind, e.recommendation_id) for e in stored] == [
        ("ana", "view", None),
        ("ana", "complete", "rec_1"),
    ]


async def test_nothing_accepted_registers_nobody(world: World, partner: httpx.AsyncClient) -> None:
    """An unknown learner is registered only if an event is accepted."""
    answer = await partner.post(URL, json={"events": [event("nowhere")]})
    assert (answer.status_code, answer.json()["position"]) == (202, None)
    assert world.profile.calls == 0


async def test_without_consent_events_are_rejected(
    world: World, partner: httpx.AsyncClient
) -> None:
    """As profile says, event by event."""
    world.profile.refusing["ana"] = Stored(code="no_consent", detail="no")
    answer = await partner.post(URL, json={"events": [event()]})
    assert answer.json()["rejected"] == [{"index": 0, "code": "no_consent", "detail": "no"}]


async def test_an_erased_learner_is_a_conflict(world: World, partner: httpx.AsyncClient) -> None:
    """409, so that an app's offline queue gives up, also where no event could be handed on."""
    world.profile.refusing["ana"] = Stored(code="learner_erased", detail="erased")
    for credential_id in ("c1", "nowhere"):
        answer = await partner.post(URL, json={"events": [event(credential_id)]})
        assert (answer.status_code, answer.json()["code"]) == (409, "learner_erased")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"events": []}, "/events"),
        ({"events": [event()] * 501}, "/events"),
        ({"events": [event(), event(at=NOW.replace(tzinfo=None))]}, "/events/1/occurred_at"),
        ({"events": [event(mood="good")]}, "/events/0/mood"),
        ({"events": [{"kind": "view"}]}, "/events/0"),
        ({"events": [event("")]}, "/events/0/credential_id"),
    ],
)
async def test_a_malformed_envelope_stores_nothing(
    world: World, partner: httpx.AsyncClient, body: Any, pointer: str
) -> None:
    """400 with the place of the fault."""
    answer = await partner.post(URL, json=body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert world.profile.calls == 0


async def test_writes_while_profile_is_away_are_503(
    world: World, partner: httpx.AsyncClient
) -> None:
    """With when to try again."""
    world.profile.away = True
    answer = await partner.post(URL, json={"events": [event()]})
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0


async def test_before_the_catalog_is_read_nothing_is_called_unknown(
    world: World, partner: httpx.AsyncClient
) -> None:
    """503 is honest, `unknown_credential` would not be."""
    world.tables.caught_up = False
    assert (await partner.post(URL, json={"events": [event("c2")]})).status_code == 503


async def test_a_bulk_is_answered_line_by_line(world: World, partner: httpx.AsyncClient) -> None:
    """One line for each that is not blank, by its number in the body, whatever the line ends."""
    lines = [
        b"\xef\xbb\xbf" + msgspec.json.encode(event(learner_id="ana")),
        b"{",
        b"",
        msgspec.json.encode(event("nowhere", learner_id="bea")) + b"\r",
        msgspec.json.encode(event(learner_id="bea", mood="good")),
        msgspec.json.encode(event(learner_id="léa/ü")),
    ]
    answer = await partner.post(
        "/v1/interactions", content=b"\n".join(lines) + b"\n", headers=NDJSON
    )
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    read = [msgspec.json.decode(line) for line in answer.content.splitlines()]
    assert [line["line"] for line in read] == [1, 2, 4, 5, 6]
    assert read[1]["detail"].startswith("The line is not JSON")
    assert [line.get("code") for line in read] == [
        None,
        "invalid_request",
        "unknown_credential",
        "invalid_request",
        None,
    ]
    assert [line["position"] for line in read if "position" in line] == [0, 1]
    assert [(p, e.learner_id) for p, e in world.profile.accepted] == [
        ("partner", "ana"),
        ("partner", "léa/ü"),
    ]


async def test_a_bulk_reaches_profile_in_parts(world: World, partner: httpx.AsyncClient) -> None:
    """A thousand lines a call, with nothing lost at the seams."""
    line = msgspec.json.encode(event(learner_id="ana"))
    answer = await partner.post(
        "/v1/interactions", content=b"\n".join([line] * 2_500), headers=NDJSON
    )
    read = [msgspec.json.decode(each) for each in answer.content.splitlines()]
    assert [each["line"] for each in read] == list(range(1, 2_501))
    assert [each["position"] for each in read] == list(range(2_500))
    assert world.profile.calls == 3


@pytest.mark.parametrize("refusal", [Unavailable("away"), InvalidRequest("not so")])
async def test_a_bulk_that_fails_midway_says_so_on_its_lines(
    world: World, partner: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, refusal: Refusal
) -> None:
    """What was acknowledged keeps its position; if nothing was, the refusal answers all of it."""
    accept = world.profile.accept

    async def once(partner_id: str, events: Any) -> Any:
        results = await accept(partner_id, events)
        monkeypatch.setattr(world.profile, "accept", refuse)
        return results

    async def refuse(partner_id: str, events: Any) -> Any:
        raise refusal

    monkeypatch.setattr(world.profile, "accept", once)
    line = msgspec.json.encode(event(learner_id="ana"))
    content = b"\n".join([line] * 1_500)
    answer = await partner.post("/v1/interactions", content=content, headers=NDJSON)
    read = [msgspec.json.decode(each) for each in answer.content.splitlines()]
    assert [each.get("code") for each in read] == [None] * 1_000 + [refusal.code] * 500
    answer = await partner.post("/v1/interactions", content=content, headers=NDJSON)
    assert answer.status_code == refusal.status


async def test_a_bulk_is_answered_batch_by_batch(world: World) -> None:
    """The first lines' answer is there before the last lines are handed on."""
    answers = bulk_of(world).accept("partner", [(n, b"{") for n in range(1, 2_002)])
    assert (await anext(answers)).count(b"\n") == 1_000
    assert [(chunk.count(b"\n")) async for chunk in answers] == [1_000, 1]


async def test_bad_lines_keep_nobody_waiting(world: World) -> None:
    """The loop turns while a batch of nothing but bad lines is read."""
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    turning = asyncio.create_task(turn())
    async for _ in bulk_of(world).accept("partner", [(n, b"{") for n in range(1_000)]):
        pass
    turning.cancel()
    assert turns >= 1_000 // LINES_AT_A_TIME


async def test_a_long_line_is_answered_on_its_line(
    world: World, partner: httpx.AsyncClient
) -> None:
    """The others are taken."""
    line = msgspec.json.encode(event(learner_id="ana"))
    content = b"\n".join([line, b'"' + b"x" * 1_000_000 + b'"', line])
    answer = await partner.post("/v1/interactions", content=content, headers=NDJSON)
    read = [msgspec.json.decode(each) for each in answer.content.splitlines()]
    assert [each.get("code") for each in read] == [None, "too_large", None]


async def test_a_bulk_of_too_many_lines_stores_nothing(
    world: World, partner: httpx.AsyncClient
) -> None:
    """413 for more than 100,000, blank ones among them."""
    line = msgspec.json.encode(event(learner_id="ana"))
    content = line + b"\n" * 100_001
    answer = await partner.post("/v1/interactions", content=content, headers=NDJSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert world.profile.calls == 0
    answer = await partner.post("/v1/interactions", content=content[:-1], headers=NDJSON)
    assert len(answer.content.splitlines()) == 1


async def test_a_bulk_of_unknown_length_stores_nothing_when_it_is_too_long(
    world: World, partner: httpx.AsyncClient
) -> None:
    """413, and no half of it done."""
    line = msgspec.json.encode(event(learner_id="ana")) + b"\n"

    async def endless() -> Any:
        for _ in range(17):
            yield line * (1_000_000 // len(line))

    answer = await partner.post("/v1/interactions", content=endless(), headers=NDJSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert world.profile.calls == 0


async def test_a_bulk_is_ndjson(partner: httpx.AsyncClient) -> None:
    """Anything else is 415; an empty one has no lines."""
    answer = await partner.post("/v1/interactions", json=event(learner_id="ana"))
    assert answer.status_code == 415
    answer = await partner.post("/v1/interactions", content=b"", headers=NDJSON)
    assert (answer.status_code, answer.content) == (200, b"")
