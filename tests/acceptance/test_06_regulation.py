"""Scenarios 6 and 7: occupations that the law protects, and those of which nothing is known."""

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
from tests.support.partner import path
from tests.support.waiting import until

pytestmark = pytest.mark.stack


async def test_a_licence_comes_first(flow: Flow) -> None:
    """Given a record that says lawyers are regulated; when someone without the licence aims there; then
    the traditional route comes first and micro-credentials are marked as complementary."""
    world = f"law {uuid.uuid4()}"
    skill, lawyer, bar = f"{world}/drafting", f"{world}/lawyer", f"{world}/bar admission"
    await publish_skills(flow, skill)
    await publish_occupation(flow, lawyer, {skill: 0.66}, soc="23-1011")
    await publish_assessed(flow, f"{world}/drafting course", skill, 0.66)
    await flow.publish(bar, type="License")
    record = {
        "status": "regulated",
        "required_credentials": [bar],
        "regulator": {"name": "State Bar", "url": "https://bar.example"},
    }
    put = await flow.admin.put(path("regulations", lawyer, "US"), json=record)
    assert put.status_code in (200, 201, 202), put.text
    learner = f"law-{uuid.uuid4()}"
    await flow.partner.put_learner(learner, region="US-CA")

    found = await pathway(flow.partner, learner, lawyer, steps=1)
    shortfall = await gap(flow.partner, learner, lawyer)

    assert found["status"] == shortfall["status"] == "blocked_pending_licence"
    assert found["stopped_because"] == "licence_first"
    assert [card["id"] for card in found["traditional_route"]["required_credentials"]] == [bar]
    assert found["traditional_route"]["regulator"]["name"] == "State Bar"
    assert "lawyer is regulated" in found["traditional_route"]["text"]
    assert taken(found) == [f"{world}/drafting course"]
    assert found["steps"][0]["reasons"][0]["code"] == "regulated_occupation"
    assert shortfall["regulation"]["required_credentials"] == [bar]


@pytest.mark.parametrize(
    ("soc", "status"),
    [("29-1141", "check_regulator"), ("23-1011", "check_regulator"), ("25-9031", "open")],
    ids=["registered nurse", "lawyer", "instructional designer"],
)
async def test_without_a_record_the_family_decides(flow: Flow, soc: str, status: str) -> None:
    """Given no record at all; then a nurse and a lawyer must ask the regulator, an instructional designer not."""
    occupation, skill = f"onet:{soc}.{uuid.uuid4()}", f"family {uuid.uuid4()}"
    await publish_skills(flow, skill)
    await publish_occupation(flow, occupation, {skill: 0.66}, soc=f"{soc}.00")
    learner = f"family-{uuid.uuid4()}"
    await flow.partner.put_learner(learner, region="US-CA")
    found = await gap(flow.partner, learner, occupation)
    assert (found["status"], found["regulation"]) == (status, None)


async def test_a_job_posting_is_read(flow: Flow) -> None:
    """Given a posting that names two known skills; then the gap is to those, and says what it matched."""
    seed = uuid.uuid4().hex[:8]
    skills = [f"{seed} basket weaving", f"{seed} willow growing"]
    await publish_skills(flow, *skills)
    job = {
        "title": "Wanted",
        "description": f"You know {seed} Basket-Weaving; {seed} willow growings is a plus. " * 2,
    }

    found = await gap_of_job(flow, job, 2)

    matched = {each["skill"]["id"]: each["confidence"] for each in found["matched"]}
    assert matched.keys() == set(skills)
    assert matched[skills[0]] == 1.0
    assert 0.9 < matched[skills[1]] < 1.0
    assert {each["skill"]["id"] for each in found["missing"]} == set(skills)


async def gap_of_job(flow: Flow, job: dict[str, str], matches: int) -> dict[str, object]:
    """The anonymous gap to a posting, once so many of its skills are known."""

    async def ask() -> dict[str, object]:
        answer = await flow.partner.http.post("/v1/gap", json={"target": {"job": job}})
        assert answer.status_code == 200, answer.text
        body: dict[str, object] = answer.json()
        return body

    return await until(ask, lambda seen: len(seen["matched"]) == matches)  # type: ignore[arg-type]
