"""Scenario 5: a cheap duplicate of measured bad quality."""

import uuid

import pytest

from tests.support.career import (
    pathway,
    publish_assessed,
    publish_occupation,
    publish_skills,
    taken,
)
from tests.support.flow import Flow

pytestmark = pytest.mark.stack


async def test_cheap_junk_never_displaces_a_better_step(flow: Flow) -> None:
    """Given a good course within the budget and a cheaper one of measured bad outcomes that teaches the
    same; when a path is asked for; then it has the good one and never the other."""
    world = f"junk {uuid.uuid4()}"
    skill, job = f"{world}/welding", f"{world}/welder"
    await publish_skills(flow, skill)
    await publish_occupation(flow, job, {skill: 0.66})
    await publish_assessed(flow, f"{world}/good", skill, 0.66)
    failed = {"kind": "employment", "value": 0.02, "n": 900, "source": "registry"}
    await publish_assessed(
        flow,
        f"{world}/junk",
        skill,
        0.66,
        cost=[{"amount": "1.00", "currency": "USD", "kind": "tuition"}],
        assertions=[],
        outcomes=[failed],
    )
    learner = f"junk-{uuid.uuid4()}"
    await flow.partner.put_learner(learner)

    budget = {"amount": "50.00", "currency": "USD"}
    found = await pathway(flow.partner, learner, job, steps=1, budget=budget)

    assert taken(found) == [f"{world}/good"]
