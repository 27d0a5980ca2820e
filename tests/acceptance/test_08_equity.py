"""Scenario 8: whoever has little money and time gets what they can take, and is told what would help."""

import uuid
from functools import partial
from typing import Any

import pytest

from tests.support.career import publish_assessed, publish_occupation, publish_skills
from tests.support.flow import Flow
from tests.support.partner import ids, path
from tests.support.waiting import until

pytestmark = pytest.mark.stack

FREE_OF_CHARGE = [{"amount": "0.00", "currency": "USD", "kind": "tuition"}]
NOTHING = {"amount": "0.00", "currency": "USD"}


def aid(region: str) -> list[dict[str, Any]]:
    """A grant that covers all of the cost, for low incomes in a region."""
    only = {"regions": [region], "income_bands": ["low"]}
    return [{"name": "Grant", "amount": "49.00", "currency": "USD", **only}]


async def test_only_what_is_feasible_is_recommended_aid_counted(flow: Flow) -> None:
    """Given a learner with no money, five hours a week for eight weeks, online only, in a region; when they ask;
    then all they get is free after aid, short enough and online, and what only aid makes free is there."""
    world = f"equity {uuid.uuid4()}"
    skill, job = f"{world}/skill", f"{world}/job"
    await publish_skills(flow, skill)
    await publish_occupation(flow, job, {skill: 0.66})
    await publish_assessed(flow, f"{world}/aided", skill, 0.66, aid=aid("US-NM"))
    await publish_assessed(flow, f"{world}/free", skill, 0.66, cost=FREE_OF_CHARGE)
    infeasible: dict[str, dict[str, Any]] = {
        "dear": {},
        "aid elsewhere": {"aid": aid("US-CA")},
        "cost unknown": {"cost": []},
        "long": {"cost": FREE_OF_CHARGE, "workload_hours": 41},
        "hours unknown": {"cost": FREE_OF_CHARGE, "workload_hours": None},
        "on site": {"cost": FREE_OF_CHARGE, "delivery": ["in_person"], "places": ["US-NM"]},
    }
    for name, parts in infeasible.items():
        await publish_assessed(flow, f"{world}/{name}", skill, 0.66, **parts)
    learner = f"frugal-{uuid.uuid4()}"
    await flow.partner.put_learner(
        learner,
        target_occupation=job,
        budget=NOTHING,
        hours_per_week=5,
        deadline_weeks=8,
        delivery=["online"],
        region="US-NM",
        income_band="low",
    )

    feasible = {f"{world}/aided", f"{world}/free"}
    answer = await until(
        lambda: flow.partner.recommendations(learner, limit=50),
        lambda seen: feasible <= set(ids(seen)),
    )
    assert not set(ids(answer)) & {f"{world}/{name}" for name in infeasible}
    assert all(item["credential"]["net_cost"]["amount"] == "0.00" for item in answer["items"])
    assert all(item["credential"]["workload_hours"] <= 40 for item in answer["items"])
    assert all("online" in item["credential"]["delivery"] for item in answer["items"])


async def test_where_nothing_fits_the_smallest_relaxation_is_named(flow: Flow) -> None:
    """Given one credential in a learner's language, dear and short; when they ask for a free one; then nothing is
    listed and the answer names the price from which something would be."""
    world = f"relaxing {uuid.uuid4()}"
    await publish_skills(flow, f"{world}/skill")
    language = "gd"
    await publish_assessed(flow, f"{world}/only", f"{world}/skill", 0.66, languages=[language])

    async def ask(**constraints: Any) -> dict[str, Any]:
        asked = {"constraints": {"languages": [language], **constraints}}
        answer = await flow.partner.http.post("/v1/recommendations", json=asked)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    await until(ask, lambda seen: ids(seen) == [f"{world}/only"])
    nothing = await ask(max_cost=NOTHING, hours_per_week=5, deadline_weeks=8, delivery=["online"])
    assert nothing["items"] == []
    dearer = {"amount": "49.00", "currency": "USD"}
    cheapest = nothing["relaxations"][0]
    assert (cheapest["constraint"], cheapest["to"], cheapest["admits"]) == ("max_cost", dearer, 1)


async def test_local_demand_changes_the_order(flow: Flow) -> None:
    """Given two credentials alike but for the occupation that each leads to; when learners of two regions ask;
    then each sees the one first whose occupation is asked for there."""
    world = f"demand {uuid.uuid4()}"
    skill, job = f"{world}/skill", f"{world}/job"
    await publish_skills(flow, skill)
    await publish_occupation(flow, job, {skill: 0.66})
    wanted = {"NZ-AUK": f"{world}/north", "NZ-WGN": f"{world}/south"}
    for occupation in wanted.values():
        await publish_occupation(flow, occupation, {skill: 0.66})
        await publish_assessed(flow, f"{occupation} course", skill, 0.66, occupations=[occupation])
    for region, sought in wanted.items():
        for occupation in wanted.values():
            body = {"postings": 900 if occupation == sought else 2, "as_of": "2026-11-01T00:00:00Z"}
            put = await flow.admin.put(path("demand", region, occupation), json=body)
            assert put.status_code in (200, 201, 202), put.text

    async def first(region: str) -> str:
        asked = {"target": {"occupation": job}, "constraints": {"region": region}}
        answer = await flow.partner.http.post("/v1/recommendations", json=asked)
        assert answer.status_code == 200, answer.text
        return next(iter(ids(answer.json())), "")

    for region, sought in wanted.items():
        await until(partial(first, region), f"{sought} course".__eq__)
