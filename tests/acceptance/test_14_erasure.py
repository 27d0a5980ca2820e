"""Scenario 14, and consent: what a learner takes back does not return."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.support.flow import Flow
from tests.support.partner import event, ids, path
from tests.support.waiting import until

pytestmark = pytest.mark.stack


async def stream(
    http: httpx.AsyncClient, learner: str, credential: str, stop: asyncio.Event
) -> int:
    """Posts interactions until told to stop; counts those accepted."""
    accepted = 0
    while not stop.is_set():
        answer = await http.post(
            path("learners", learner, "interactions"), json={"events": [event(credential, "view")]}
        )
        assert answer.status_code in (202, 409), answer.text
        accepted += answer.status_code == 202
    return accepted


async def assert_gone(flow: Flow, learner: str) -> None:
    """Nothing of the learner is served, by any path."""
    for suffix in ("", "/recommendations", "/export", "/credentials"):
        answer = await flow.partner.http.get(path("learners", learner) + suffix)
        assert answer.status_code == 404, f"{suffix}: {answer.text}"
        assert answer.json()["code"] == "learner_not_found"


async def test_nothing_of_an_erased_learner_comes_back(flow: Flow) -> None:
    """Given two clients streaming a learner's events, when the learner is erased and all is rebuilt, then nothing returns."""
    ladder = await flow.publish_ladder(f"erased {uuid.uuid4()}")
    learner = f"erased-{uuid.uuid4()}"
    await flow.partner.put_learner(learner)
    await until(lambda: flow.state(learner), lambda state: state is not None)
    before = await flow.lookup(learner)
    assert before is not None
    stop = asyncio.Event()
    clients = [
        asyncio.create_task(stream(flow.partner.http, learner, credential, stop))
        for credential in (ladder.first, ladder.other)
    ]
    await until(
        lambda: flow.state(learner),
        lambda state: state is not None and len(state.interactions) == 2,
    )

    erased = await flow.partner.http.delete(path("learners", learner))

    assert erased.status_code == 202, erased.text
    await assert_gone(flow, learner)
    stop.set()
    assert min(await asyncio.gather(*clients)) > 0
    late = await flow.partner.http.post(
        path("learners", learner, "interactions"), json={"events": [event(ladder.first)]}
    )
    assert (late.status_code, late.json()["code"]) == (409, "learner_erased")
    assert before.learner_key is not None
    await flow.wait_erased(before.partition, before.learner_key)
    await flow.rebuild()
    await flow.wait_erased(before.partition, before.learner_key)
    await assert_gone(flow, learner)


async def test_a_learner_put_after_erasure_is_a_new_one(flow: Flow) -> None:
    """Given an erased learner, when the partner puts the id again, then it begins with nothing and another key."""
    ladder = await flow.publish_ladder(f"anew {uuid.uuid4()}")
    learner = f"anew-{uuid.uuid4()}"
    done = await flow.partner.interact(learner, event(ladder.first))
    await flow.partner.covering(learner, done["position"])
    old = await until(lambda: flow.lookup(learner), lambda found: found is not None)
    await flow.partner.http.delete(path("learners", learner))
    await flow.partner.put_learner(learner, skills=[{"id": ladder.skill, "level": 0.1}])
    fresh = await until(
        lambda: flow.lookup(learner),
        lambda found: (
            found is not None and old is not None and found.learner_key != old.learner_key
        ),
    )
    assert fresh is not None
    answer = await flow.partner.recommendations(learner, limit=50)
    assert ladder.first in ids(answer)
    assert answer["freshness"]["position"] is None


async def test_only_events_after_renewed_consent_count(flow: Flow) -> None:
    """Given withdrawn consent, when it is given again, then only what comes later is in the state."""
    ladder = await flow.publish_ladder(f"consent {uuid.uuid4()}")
    learner = f"consent-{uuid.uuid4()}"
    earlier = await flow.partner.interact(learner, event(ladder.first))
    await flow.partner.covering(learner, earlier["position"])

    await flow.partner.put_learner(learner, consent={"personalization": False})
    refused = await flow.partner.interact(learner, event(ladder.other))
    assert refused["accepted"] == 0
    assert [each["code"] for each in refused["rejected"]] == ["no_consent"]
    await until(lambda: flow.state(learner), lambda s: s is not None and not s.interactions)
    impersonal = await flow.partner.recommendations(learner, limit=50)
    assert {item["source"] for item in impersonal["items"]} <= {"trending", "value"}

    await flow.partner.put_learner(learner, consent={"personalization": True})
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    later = await flow.partner.interact(learner, event(ladder.other, "view", hour_ago))
    await flow.partner.covering(learner, later["position"])
    state = await flow.state(learner)
    assert state is not None
    assert set(state.interactions) == {ladder.other}


async def test_the_export_holds_what_is_known(flow: Flow) -> None:
    """Given a learner, when they ask for an export, then it has profile, credentials and interactions."""
    ladder = await flow.publish_ladder(f"export {uuid.uuid4()}")
    learner = f"export-{uuid.uuid4()}"
    await flow.partner.put_learner(learner, skills=[{"id": ladder.skill, "level": 0.33}])
    done = await flow.partner.interact(learner, event(ladder.first))
    await flow.partner.covering(learner, done["position"])
    answer = await flow.partner.http.get(path("learners", learner) + "/export")
    assert answer.status_code == 200, answer.text
    export = answer.json()
    assert export["profile"]["skills"] == [{"id": ladder.skill, "level": 0.33}]
    assert [each["credential_id"] for each in export["interactions"]] == [ladder.first]
    held = {each["credential"]["id"] for each in export["credentials"]}
    assert held == {ladder.first}
