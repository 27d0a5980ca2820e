"""Scenario 3: what is not known of a credential is shown as not known."""

import re
import uuid
from typing import Any

import pytest

from tests.support.career import publish_assessed, publish_skills
from tests.support.flow import Flow
from tests.support.partner import ids
from tests.support.waiting import until

pytestmark = pytest.mark.stack

MEASURED = {"kind": "employment", "n": 900, "source": "registry"}


def outcome_facts(item: dict[str, Any]) -> list[dict[str, Any]]:
    return [fact for fact in item["value"]["facts"] if fact["component"] == "outcomes"]


async def test_no_outcome_data_is_an_interval_and_no_number(flow: Flow) -> None:
    """Given credentials alike but for their outcomes: good ones, bad ones, those of too few people, earnings
    without a baseline, none; when someone looks for what they teach; then the last three have the same wide
    interval, no invented number, and a score between the good and the bad."""
    world = f"unknown {uuid.uuid4()}"
    skill = f"{world} skill"
    await publish_skills(flow, skill)
    outcomes: dict[str, list[dict[str, Any]]] = {
        "good": [{**MEASURED, "value": 0.95}],
        "none": [],
        "few": [{**MEASURED, "value": 0.25, "n": 4}],
        "level": [{**MEASURED, "kind": "earnings", "value": 43210, "currency": "USD"}],
        "bad": [{**MEASURED, "value": 0.1}],
    }
    for name, measured in outcomes.items():
        await publish_assessed(flow, f"{world}/{name}", skill, 0.66, outcomes=measured)

    async def ask() -> dict[str, Any]:
        answer = await flow.partner.http.post(
            "/v1/recommendations", json={"target": {"skills": [{"id": skill}]}, "limit": 50}
        )
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    mine = {f"{world}/{name}": name for name in outcomes}
    found = await until(ask, lambda seen: mine.keys() <= set(ids(seen)))

    items = {
        mine[item["credential"]["id"]]: item
        for item in found["items"]
        if item["credential"]["id"] in mine
    }
    scores = {name: item["score"] for name, item in items.items()}
    intervals = {
        name: (item["value"]["low"], item["value"]["high"], item["value"]["evidence"])
        for name, item in items.items()
    }
    low, high, evidence = intervals["none"]
    assert intervals["none"] == intervals["few"] == intervals["level"]
    for unknown in ("none", "few", "level"):
        assert scores["good"] > scores[unknown] > scores["bad"]
    assert high - low == pytest.approx(1 - evidence, abs=1e-3)
    assert high - low > intervals["bad"][1] - intervals["bad"][0]
    assert high > intervals["bad"][1]
    (nothing,) = outcome_facts(items["none"])
    assert (nothing["strength"], nothing["text"]) == ("unknown", "No outcome data")
    assert "no_outcome_data" in {each["code"] for each in items["none"]["advisories"]}
    (suppressed,) = outcome_facts(items["few"])
    assert suppressed["strength"] == "unknown"
    assert not re.search(r"\d", suppressed["text"])
    (level,) = outcome_facts(items["level"])
    assert "$43,210" in level["text"]
    assert "no baseline" in level["text"]
    (measured,) = outcome_facts(items["good"])
    assert measured["text"] == "95% in employment (n = 900)"
