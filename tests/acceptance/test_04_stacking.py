"""Scenario 4: badges of one level add breadth, never depth."""

import uuid

import pytest

from tests.support.career import pathway, publish_assessed, publish_occupation, publish_skills
from tests.support.flow import Flow

pytestmark = pytest.mark.stack


async def test_beginner_badges_add_breadth_and_not_depth(flow: Flow) -> None:
    """Given five overlapping beginner badges; when someone aims at an advanced skill; then each adds
    less than the one before, the depth stays beginner, and the path stops and says that more of them add
    breadth, not depth."""
    world = f"badges {uuid.uuid4()}"
    skill, job = f"{world}/pottery", f"{world}/potter"
    await publish_skills(flow, skill)
    await publish_occupation(flow, job, {skill: 1.0})
    for number in range(5):
        await publish_assessed(flow, f"{world}/badge {number}", skill, 0.33)
    learner = f"badges-{uuid.uuid4()}"
    await flow.partner.put_learner(learner)

    found = await pathway(flow.partner, learner, job, steps=2)

    gains = [step["gain"] for step in found["steps"]]
    assert gains == sorted(gains, reverse=True)
    assert len(set(gains)) == len(gains)
    assert found["depth"] == "beginner"
    assert found["coverage"] < 0.34
    assert found["stopped_because"] == "diminishing_returns"
    assert (
        found["stopped_because_text"]
        == "More credentials of this kind would add breadth, not depth"
    )
