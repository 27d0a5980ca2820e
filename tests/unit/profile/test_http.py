"""The HTTP interface, as the gateway calls it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from libs.common import clock
from libs.common.client import ServiceClient
from libs.common.contracts.calls import (
    HeldAnswer,
    HeldAnswers,
    LearnerBody,
    LearnerRef,
    NewInteractions,
    SelfReported,
    StoredInteractions,
)
from libs.common.contracts.profile import Learner
from libs.common.database import make_engine
from libs.common.errors import InvalidRequest, NotFound, PreconditionFailed, Unavailable
from libs.common.health import Health
from services.profile.app import http_app
from services.profile.examining import Examining
from services.profile.store.badges import BadgeStore
from services.profile.store.learners import LearnerStore
from services.profile.usecases.badges import Badges
from tests.unit.profile.conftest import FakeLog, Known
from tests.unit.profile.factories import MOMENT, new_id, viewed

STRANGE = [
    "a/b",
    "a%2Fb",
    "http://data.europa.eu/esco/skill/1?x=y#z",
    "Zoë ☂ ü",
    ".",
    "..",
    "a+b c;d",
]


@pytest.fixture
async def client(store: LearnerStore, log: FakeLog, badges: Badges) -> AsyncIterator[ServiceClient]:
    app = http_app(store, log, badges, health=Health())
    transport = httpx.ASGITransport(app)
    async with ServiceClient("profile", "http://profile", transport=transport) as client:
        yield client


def path(learner_id: str, *rest: str) -> str:
    return ServiceClient.path("partners", "p", "learners", learner_id, *rest)


async def test_a_learner_as_a_resource(client: ServiceClient):
    """PUT answers 201 then 200 with the snapshot and its revision as ETag; GET, key and DELETE agree."""
    learner_id = new_id()
    first = await client.send("PUT", path(learner_id), json=LearnerBody(region="US"))
    again = await client.send("PUT", path(learner_id), json={"region": "CA", "consent": {}})
    read = await client.send("GET", path(learner_id))
    ref = await client.call("GET", path(learner_id, "key"), returns=LearnerRef)
    assert [a.status_code for a in (first, again, read)] == [201, 200, 200]
    assert [a.headers["etag"] for a in (first, again, read)] == ['"1"', '"2"', '"2"']
    assert again.json() == read.json()
    assert read.json()["region"] == "CA"
    assert ref == LearnerRef(
        learner_key=read.json()["learner_key"], revision=2, personalization=True
    )
    with pytest.raises(PreconditionFailed):
        await client.send("PUT", path(learner_id), json={}, headers={"if-match": '"1"'})
    assert (await client.send("DELETE", path(learner_id))).status_code == 202
    for method, of, code in (
        ("GET", path(learner_id), "learner_not_found"),
        ("GET", path(learner_id, "key"), "learner_erased"),
        ("GET", path(new_id(), "key"), "learner_not_found"),
        ("DELETE", path(learner_id), "learner_not_found"),
    ):
        with pytest.raises(NotFound) as refused:
            await client.send(method, of)
        assert refused.value.code == code


async def test_credentials(client: ServiceClient):
    """A report answers 201 each time and is listed once, unverified; it is in the snapshot."""
    learner_id = new_id()
    await client.send("PUT", path(learner_id), json={})
    report = SelfReported(credential_id="http://c/é", awarded_at=MOMENT)
    answers = [
        await client.send("POST", path(learner_id, "credentials"), json=report) for _ in range(2)
    ]
    listed = await client.call("GET", path(learner_id, "credentials"), returns=HeldAnswers)
    learner = await client.call("GET", path(learner_id), returns=Learner)
    assert [answer.status_code for answer in answers] == [201, 201]
    assert listed.items == [
        HeldAnswer(credential_id="http://c/é", status="self_reported", awarded_at=MOMENT)
    ]
    assert listed.items[0].verification.status == "unknown"
    assert [h.credential_id for h in learner.held_credentials] == ["http://c/é"]
    assert learner.revision == 2


async def test_interactions(client: ServiceClient, log: FakeLog):
    """Interactions answer 200 with a result for each event, and 503 with Retry-After without Kafka."""
    learner_id = new_id()
    calls = NewInteractions(events=[viewed(learner_id, "a"), viewed(learner_id, "b")])
    target = ServiceClient.path("partners", "p", "interactions")
    answer = await client.call("POST", target, json=calls, returns=StoredInteractions)
    assert [result.position for result in answer.results] == [0, 1]
    log.away = True
    with pytest.raises(Unavailable) as refused:
        await client.send("POST", target, json=calls)
    assert refused.value.retry_after


@pytest.mark.parametrize("learner_id", STRANGE)
async def test_ids_of_any_kind(client: ServiceClient, learner_id: str):
    """Slashes, percent signs, spaces, dots and accents in ids stay one id on every path."""
    await client.send("PUT", path(learner_id), json={})
    read = await client.call("GET", path(learner_id), returns=Learner)
    assert read.learner_id == learner_id
    events = NewInteractions(events=[viewed(learner_id)])
    await client.send("POST", ServiceClient.path("partners", "p", "interactions"), json=events)
    ref = await client.call("GET", path(learner_id, "key"), returns=LearnerRef)
    assert ref.learner_key == read.learner_key
    await client.send("DELETE", path(learner_id))


@pytest.mark.parametrize(
    ("method", "of", "body", "pointer"),
    [
        ("PUT", "", {"regoin": "US"}, "/regoin"),
        ("PUT", "", {"consent": {"personalisation": True}}, "/consent/personalisation"),
        ("PUT", "", {"consent": None}, "/consent"),
        ("PUT", "", {"consent": {"personalization": None}}, "/consent/personalization"),
        ("PUT", "", {"skills": [{"id": "s", "level": 2}]}, "/skills/0/level"),
        ("PUT", "", {"budget": {"amount": "-1"}}, "/budget"),
        ("PUT", "", {"revision": 4}, "/revision"),
        ("PUT", "", {"region": "nul\0"}, "/region"),
        ("POST", "credentials", {"credential_id": ""}, "/credential_id"),
        ("POST", "credentials", {"credential_id": "c", "awarded_at": "2026-01-01"}, "/awarded_at"),
        ("POST", "credentials", {}, ""),
    ],
)
async def test_bad_bodies_change_nothing(
    client: ServiceClient, method: str, of: str, body: Any, pointer: str
):
    """A wrong or unknown field is refused with 400 and where it is; the learner keeps the revision."""
    learner_id = new_id()
    await client.send("PUT", path(learner_id), json={})
    with pytest.raises(InvalidRequest) as refused:
        await client.send(method, path(learner_id, *([of] if of else [])), json=body)
    assert pointer in [fault.pointer for fault in refused.value.faults]
    assert (await client.call("GET", path(learner_id), returns=Learner)).revision == 1


@pytest.mark.parametrize(
    ("events", "pointer"),
    [
        ([], "/events"),
        (
            [
                {
                    "learner_id": "l",
                    "credential_id": "c",
                    "kind": "buy",
                    "occurred_at": "2026-01-01T00:00:00Z",
                }
            ],
            "/events/0/kind",
        ),
        ([{"learner_id": "l", "credential_id": "c", "kind": "view"}], "/events/0"),
        (
            [
                {
                    "learner_id": "a\0",
                    "credential_id": "c",
                    "kind": "view",
                    "occurred_at": "2026-01-01T00:00:00Z",
                }
            ],
            "/events/0/learner_id",
        ),
    ],
)
async def test_a_malformed_call_stores_nothing(
    client: ServiceClient, log: FakeLog, events: list[Any], pointer: str
):
    """A malformed envelope is 400 with a pointer, and none of its events is sent."""
    good = {
        "learner_id": new_id(),
        "credential_id": "c",
        "kind": "view",
        "occurred_at": "2026-01-01T00:00:00Z",
    }
    target = ServiceClient.path("partners", "p", "interactions")
    body = {"events": [*events, good] if events else []}
    with pytest.raises(InvalidRequest) as refused:
        await client.send("POST", target, json=body)
    assert pointer in [fault.pointer for fault in refused.value.faults]
    assert log.interactions == []


async def test_without_a_database_everything_is_503(
    log: FakeLog, examining: Examining, unused_tcp_port: int
):
    """While PostgreSQL is away every call is refused with 503 and Retry-After, and nothing is sent."""
    engine = make_engine(f"postgresql+asyncpg://nobody@127.0.0.1:{unused_tcp_port}/none")
    store, badge_store = LearnerStore(engine), BadgeStore(engine)
    badges = Badges(store, badge_store, examining, Known(), clock.now, recheck=timedelta(days=1))
    app = http_app(store, log, badges, health=Health())
    transport = httpx.ASGITransport(app)
    async with ServiceClient("profile", "http://profile", transport=transport) as client:
        for method, of, body in (
            ("PUT", path("l"), {}),
            ("GET", path("l"), None),
            ("GET", path("l", "key"), None),
            ("DELETE", path("l"), None),
            ("POST", path("l", "credentials"), {"credential_id": "c"}),
            ("GET", path("l", "credentials"), None),
            ("POST", path("l", "badges"), {}),
            ("POST", "/partners/p/interactions", NewInteractions(events=[viewed("l")])),
        ):
            with pytest.raises(Unavailable) as refused:
                await client.send(method, of, json=body)
            assert refused.value.code == "unavailable"
            assert refused.value.retry_after
    await engine.dispose()
    assert log.interactions == []
