"""Scenario 2: who stands behind a credential counts, and is named."""

import uuid
from typing import Any

import pytest

from tests.support.flow import Flow
from tests.support.partner import ids, path
from tests.support.waiting import until

pytestmark = pytest.mark.stack

RECIPROCAL = {"start": "2025-01-01T00:00:00Z", "end": "2045-01-01T00:00:00Z", "reciprocal": True}


def accredited(agency: str, **parts: Any) -> list[dict[str, Any]]:
    """An accreditation by an agency; as nothing else is said of it, the issuer's own claim."""
    return [{"kind": "accredits", "agent": {"id": agency, "name": agency}, **parts}]


async def asked(flow: Flow, skill: str, language: str = "en") -> dict[str, Any]:
    """What is recommended to someone who looks for a skill."""
    answer = await flow.partner.http.post(
        "/v1/recommendations",
        json={"target": {"skills": [{"id": skill}]}, "limit": 2},
        headers={"accept-language": language},
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def publish_pair(flow: Flow, world: str, **of_second: Any) -> tuple[str, str, str]:
    """A skill and two credentials for it, alike but for their ids and what is given for the second."""
    skill, first, second = f"{world} skill", f"{world}/a", f"{world}/b"
    put = await flow.admin.put(path("skills", skill), json={"name": "weaving"})
    assert put.status_code in (200, 201, 202), put.text
    alike = {"name": "Weaving", "skills": [{"id": skill, "level": 0.66}]}
    await flow.publish(first, **alike, assertions=accredited("The Agency"))
    await flow.publish(second, **{**alike, "assertions": accredited("The Agency"), **of_second})
    return skill, first, second


async def test_a_reciprocal_accreditation_outranks_a_claim(flow: Flow) -> None:
    """Given two credentials alike but for one reciprocal, current accreditation against a self-claimed one; when
    someone looks for what they teach; then the accredited one ranks higher, is worth more, and says by whom."""
    attested = accredited("The Agency", **RECIPROCAL)
    skill, claimed, vouched = await publish_pair(flow, f"value {uuid.uuid4()}", assertions=attested)

    found = await until(
        lambda: asked(flow, skill), lambda seen: set(ids(seen)) == {claimed, vouched}
    )
    spanish = await asked(flow, skill, "es-MX")

    assert ids(found) == [vouched, claimed]
    better, worse = found["items"]
    assert better["score"] > worse["score"]
    assert better["value"]["low"] > worse["value"]["low"]
    assert better["value"]["evidence"] > worse["value"]["evidence"]
    assert better["value"]["high"] >= worse["value"]["high"]
    strengths = [
        [
            fact["strength"]
            for fact in each["value"]["facts"]
            if fact["component"] == "accreditation"
        ]
        for each in (better, worse)
    ]
    assert strengths == [["reciprocal"], ["self_claimed"]]
    (why,) = [each for each in better["reasons"] if each["code"] == "high_value"]
    assert why["text"] == "Accredited by The Agency"
    assert why["params"]["agent"] == "The Agency"
    assert "high_value" not in {each["code"] for each in worse["reasons"]}
    said = [each["text"] for each in spanish["items"][0]["reasons"] if each["code"] == "high_value"]
    assert said == ["Acreditada por The Agency"]


async def test_value_follows_the_catalog(flow: Flow) -> None:
    """Given two credentials alike; when a change of the second adds an accreditation; then the gateway that took
    the change serves its new value at once, and it is ranked first soon after."""
    skill, first, second = await publish_pair(flow, f"revalued {uuid.uuid4()}")
    before = await until(lambda: asked(flow, skill), lambda seen: len(seen["items"]) == 2)
    assert ids(before) == [first, second]
    assert before["items"][0]["value"] == before["items"][1]["value"]

    published = await flow.admin.get(path("credentials", second))
    body = {
        name: value
        for name, value in published.json().items()
        if name not in ("id", "revision", "updated_at")
    }
    attested = accredited("The Agency", **RECIPROCAL)
    await flow.admin.put(path("credentials", second), json={**body, "assertions": attested})
    at_once = await asked(flow, skill)
    after = await until(lambda: asked(flow, skill), lambda seen: ids(seen) == [second, first])

    values = {item["credential"]["id"]: item["value"] for item in at_once["items"]}
    assert values[first] == before["items"][0]["value"]
    assert values[second]["low"] > values[first]["low"]
    assert "high_value" in {each["code"] for each in after["items"][0]["reasons"]}


async def test_what_value_is_made_of_is_published(flow: Flow) -> None:
    """Anyone can compute the score of an item from its interval: the weights and κ are public."""
    answer = await flow.partner.http.get("/v1/value-weights")
    assert answer.status_code == 200
    assert answer.json() == {
        "weights": {
            "accreditation": 0.25,
            "recognition": 0.25,
            "outcomes": 0.3,
            "assessment": 0.15,
            "recency": 0.05,
        },
        "kappa": 0.3,
    }
