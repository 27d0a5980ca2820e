"""Scenario 10: a retired credential is gone from every answer at once."""

import uuid

import pytest

from tests.support.flow import Flow
from tests.support.partner import event, ids, path

pytestmark = pytest.mark.stack


async def everywhere(flow: Flow, learner: str, skill: str) -> set[str]:
    """The credentials that any path of the gateway names for this learner and skill."""
    stored = await flow.partner.recommendations(learner, limit=50)
    narrowed = await flow.partner.recommendations(learner, limit=50, max_hours=500)
    what_if = await flow.partner.http.post(
        "/v1/recommendations", json={"skills": [{"id": skill}], "limit": 50}
    )
    widget = await flow.partner.http.get(
        "/v1/widget/recommendations", params={"skills": skill, "limit": 50}
    )
    found = await flow.partner.http.get("/v1/credentials", params={"skill": skill, "limit": 100})
    similar = await flow.partner.http.get(f"{path('credentials', learner)}/similar")
    assert similar.status_code == 404
    named = {item["id"] for item in found.json()["items"]}
    for answer in (stored, narrowed, what_if.json(), widget.json()):
        named |= set(ids(answer))
    return named


async def test_a_superseded_credential_gives_way_to_its_successor(flow: Flow) -> None:
    """Given a listed credential, when it is superseded, then the next answer of every path lacks it."""
    ladder = await flow.publish_ladder(f"retired {uuid.uuid4()}")
    learner = f"retired-{uuid.uuid4()}"
    accepted = await flow.partner.interact(learner, event(ladder.other, "view"))
    await flow.partner.covering(learner, accepted["position"])
    assert ladder.first in await everywhere(flow, learner, ladder.skill)

    gone = await flow.admin.delete(
        path("credentials", ladder.first), params={"superseded_by": ladder.other}
    )

    assert gone.status_code == 200, gone.text
    assert gone.json()["status"] == "deprecated"
    named = await everywhere(flow, learner, ladder.skill)
    assert ladder.first not in named
    assert ladder.other in named
    snapshot = await flow.partner.http.get(path("credentials", ladder.first))
    assert snapshot.json()["superseded_by"] == ladder.other


async def test_a_retired_credential_comes_back_only_by_a_higher_revision(flow: Flow) -> None:
    """Given a retired credential, when it is published again, then it is recommended again."""
    ladder = await flow.publish_ladder(f"again {uuid.uuid4()}")
    learner = f"again-{uuid.uuid4()}"
    await flow.partner.put_learner(learner)
    retired = (await flow.admin.delete(path("credentials", ladder.first))).json()
    assert ladder.first not in await everywhere(flow, learner, ladder.skill)
    snapshot = await flow.publish(ladder.first, skills=[{"id": ladder.skill}])
    assert snapshot["revision"] > retired["revision"]
    assert ladder.first in await everywhere(flow, learner, ladder.skill)
