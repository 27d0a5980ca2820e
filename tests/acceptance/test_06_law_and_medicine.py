"""Scenario 6: where the law asks for a licence, it comes first."""

import uuid
from typing import Any

import pytest

from tests.support.career import (
    gap,
    pathway,
    publish_assessed,
    publish_occupation,
    publish_skills,
    recommended,
    taken,
)
from tests.support.flow import Flow
from tests.support.partner import ids, path

pytestmark = pytest.mark.stack


@pytest.mark.parametrize(
    ("name", "codes"),
    [("lawyer", {"soc": "23-1011.00"}), ("physician", {"isco": "2211"})],
    ids=["lawyer", "physician"],
)
async def test_a_licence_comes_first(flow: Flow, name: str, codes: dict[str, Any]) -> None:
    """Given a record that says an occupation is regulated; when someone without the licence aims there; then
    the goal is blocked, the traditional route comes first and micro-credentials are marked as complementary."""
    world = f"licence {uuid.uuid4()}"
    skill, goal, licence = f"{world}/drafting", f"{world}/{name}", f"{world}/admission"
    await publish_skills(flow, skill)
    await publish_occupation(flow, goal, {skill: 0.66}, **codes)
    await publish_assessed(flow, f"{world}/course", skill, 0.66)
    await flow.publish(licence, type="License", name="Admission")
    record = {
        "status": "regulated",
        "required_credentials": [licence],
        "regulator": {"name": "State Board", "url": "https://board.example"},
    }
    put = await flow.admin.put(path("regulations", goal, "US"), json=record)
    assert put.status_code in (200, 201, 202), put.text
    learner = f"licence-{uuid.uuid4()}"
    await flow.partner.put_learner(learner, region="US-CA", target_occupation=goal)

    found = await pathway(flow.partner, learner, goal, steps=1)
    shortfall = await gap(flow.partner, learner, goal)
    listed = await recommended(flow.partner, learner, "blocked_pending_licence")

    assert found["status"] == shortfall["status"] == "blocked_pending_licence"
    assert found["stopped_because"] == "licence_first"
    assert "complementary" in found["stopped_because_text"]
    route = found["traditional_route"]
    assert [card["id"] for card in route["required_credentials"]] == [licence]
    assert route["regulator"]["name"] == "State Board"
    assert f"{name} is regulated: first comes Admission" in route["text"]
    assert taken(found) == [f"{world}/course"]
    complementary = found["steps"][0]["reasons"][0]
    assert complementary["code"] == "regulated_occupation"
    assert "micro-credentials are complementary" in complementary["text"]
    assert shortfall["regulation"]["required_credentials"] == [licence]
    assert [each["code"] for each in shortfall["advisories"]] == ["regulated_occupation"]
    assert "ask State Board" in shortfall["advisories"][0]["text"]
    assert ids(listed)[0] == licence
    for item in listed["items"]:
        assert "regulated_occupation" in {each["code"] for each in item["advisories"]}
