"""Scenario 1: a teacher becomes an instructional designer."""

import uuid

import pytest

from tests.support.career import (
    gap,
    pathway,
    publish_assessed,
    publish_occupation,
    publish_skills,
    taken,
)
from tests.support.flow import Flow

pytestmark = pytest.mark.stack


async def test_a_teachers_path_to_instructional_designer(flow: Flow) -> None:
    """Given a teacher who holds lesson planning, presenting and classroom management; when they aim at
    instructional designer; then the path teaches what is missing, in an order that can be taken, and
    every step shows its gain, net cost, hours and a reason."""
    world = f"career change {uuid.uuid4()}"
    held = [f"{world}/{name}" for name in ("lesson planning", "presenting", "classroom management")]
    lacking = [f"{world}/{name}" for name in ("authoring", "project management", "user experience")]
    designer = f"{world}/instructional designer"
    await publish_skills(flow, *held, *lacking)
    await publish_occupation(flow, designer, dict.fromkeys([*held[:2], *lacking], 0.66))
    first, *others = [f"{world}/course in {skill.rsplit('/', 1)[-1]}" for skill in lacking]
    await publish_assessed(flow, first, lacking[0], 0.66)
    await publish_assessed(flow, others[0], lacking[1], 0.66, prerequisites=[{"credential": first}])
    await publish_assessed(flow, others[1], lacking[2], 0.66)
    await publish_assessed(flow, f"{world}/teaching again", held[0], 0.66)

    teacher = f"teacher-{uuid.uuid4()}"
    skills = [{"id": each, "level": 1.0} for each in held]
    await flow.partner.put_learner(teacher, skills=skills, hours_per_week=5)
    shortfall = await gap(flow.partner, teacher, designer)
    found = await pathway(flow.partner, teacher, designer, steps=3)

    assert shortfall["readiness"] == pytest.approx(0.4)
    assert shortfall["status"] == "open"
    assert {each["skill"]["id"] for each in shortfall["missing"]} == set(lacking)
    assert {each["skill"]["id"] for each in shortfall["held"]} == set(held[:2])
    assert set(taken(found)) == {first, *others}
    assert taken(found).index(first) < taken(found).index(others[0])
    assert found["breadth"] == 3
    assert found["depth"] == "intermediate"
    assert found["total_cost"] == {"amount": "147.00", "currency": "USD"}
    assert (found["hours"], found["weeks"]) == (90, 18)
    reached = 0.4
    for step in found["steps"]:
        reached += step["gain"]
        assert step["gain"] > 0
        assert step["coverage"] == pytest.approx(reached, abs=1e-3)
        assert step["net_cost"] == {"amount": "49.00", "currency": "USD"}
        assert step["hours"] == 30
        assert "closes_skill_gap" in {reason["code"] for reason in step["reasons"]}
        assert all(reason["text"] for reason in step["reasons"])
    assert [(s["starts_week"], s["ends_week"]) for s in found["steps"]] == [
        (0, 6),
        (6, 12),
        (12, 18),
    ]
    by_id = {step["credential"]["id"]: step for step in found["steps"]}
    assert "builds_on" in {reason["code"] for reason in by_id[others[0]]["reasons"]}


async def test_a_path_stays_within_money_and_time(flow: Flow) -> None:
    """Given two courses toward a goal, when money or hours are enough for one, then the path has one
    and says what stopped it."""
    world = f"limits {uuid.uuid4()}"
    skills = [f"{world}/one", f"{world}/two"]
    await publish_skills(flow, *skills)
    await publish_occupation(flow, f"{world}/job", dict.fromkeys(skills, 0.66))
    for skill in skills:
        await publish_assessed(flow, f"{skill} course", skill, 0.66)
    learner = f"limited-{uuid.uuid4()}"
    await flow.partner.put_learner(learner)
    await pathway(flow.partner, learner, f"{world}/job", steps=2)

    money = {"amount": "60.00", "currency": "USD"}
    poor = await pathway(flow.partner, learner, f"{world}/job", budget=money)
    busy = await pathway(flow.partner, learner, f"{world}/job", hours_per_week=4, deadline_weeks=10)
    short = await pathway(flow.partner, learner, f"{world}/job", max_steps=1)
    nothing = await pathway(
        flow.partner, learner, f"{world}/job", budget={"amount": "1.00", "currency": "USD"}
    )

    assert [len(each["steps"]) for each in (poor, busy, short, nothing)] == [1, 1, 1, 0]
    assert poor["stopped_because"] == "budget"
    assert busy["stopped_because"] == "time"
    assert short["stopped_because"] == "max_steps"
    assert nothing["stopped_because"] == "nothing_feasible"
    assert nothing["relaxations"] == [
        {
            "constraint": "max_cost",
            "to": {"amount": "49.00", "currency": "USD"},
            "admits": 2,
            "text": "With $49 to spend, 2 credentials would fit",
        }
    ]
