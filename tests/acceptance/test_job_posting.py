"""A goal that is the text of a job posting."""

import uuid

import pytest

from tests.support.career import publish_skills
from tests.support.flow import Flow
from tests.support.waiting import until

pytestmark = pytest.mark.stack


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
