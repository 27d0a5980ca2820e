"""Scenario 7: of an occupation whose law is not known, nobody is told that it is free."""

import uuid

import pytest

from tests.support.career import (
    gap,
    pathway,
    publish_assessed,
    publish_occupation,
    publish_skills,
    recommended,
)
from tests.support.flow import Flow

pytestmark = pytest.mark.stack

ONET, ESCO = "onet:{soc}.{seed}", "http://data.europa.eu/esco/occupation/{seed}"
UNKNOWN = ("check_regulator", "check_regulator", "is usually regulated and we have no record")
FREE = ("open", "no_regulation_record", "We have no record of whether")
GOALS = {
    "registered nurse, O*NET": (ONET, {"soc": "29-1141.00"}, UNKNOWN),
    "lawyer, O*NET": (ONET, {"soc": "23-1011.00"}, UNKNOWN),
    "instructional designer, O*NET": (ONET, {"soc": "25-9031.00"}, FREE),
    "nurse responsible for general care, ESCO": (ESCO, {"isco": "2221"}, UNKNOWN),
    "lawyer, ESCO": (ESCO, {"isco": "2611"}, UNKNOWN),
    "instructional designer, ESCO": (ESCO, {"isco": "2359"}, FREE),
}


@pytest.mark.parametrize(("form", "codes", "said"), GOALS.values(), ids=GOALS)
async def test_without_a_record_the_family_decides(
    flow: Flow, form: str, codes: dict[str, str], said: tuple[str, str, str]
) -> None:
    """Given no record at all; when someone aims at a nurse's or a lawyer's work; then the gap, the path and every
    item say to check with the regulator; an instructional designer hears that there is no record, and no more."""
    status, code, text = said
    seed = str(uuid.uuid4())
    occupation, skill = form.format(seed=seed, **codes), f"family {seed}"
    await publish_skills(flow, skill)
    await publish_occupation(flow, occupation, {skill: 0.66}, **codes)
    await publish_assessed(flow, f"{seed} course", skill, 0.66)
    learner = f"family-{seed}"
    await flow.partner.put_learner(learner, region="US-CA", target_occupation=occupation)

    found = await pathway(flow.partner, learner, occupation, steps=1)
    shortfall = await gap(flow.partner, learner, occupation)
    listed = await recommended(flow.partner, learner, status)

    assert (found["status"], shortfall["status"], shortfall["regulation"]) == (status, status, None)
    for answer in (found, shortfall, listed["target"]):
        (advisory,) = answer["advisories"]
        assert advisory["code"] == code
        assert text in advisory["text"]
        assert "not regulated" not in advisory["text"]
    must_check = status == "check_regulator"
    first = found["steps"][0]["reasons"][0]["code"]
    assert first == ("check_regulator" if must_check else "closes_skill_gap")
    for item in listed["items"]:
        advised = {each["code"] for each in item["advisories"]}
        assert ("check_regulator" in advised) is must_check
    assert found["traditional_route"] is None
