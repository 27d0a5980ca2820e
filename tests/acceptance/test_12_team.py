"""Scenario 12: where a team's gaps are, and the cheapest credentials that close them."""

import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.support.career import pathway, publish_assessed, publish_occupation, publish_skills
from tests.support.flow import Flow

pytestmark = pytest.mark.stack
SHARING = {"team_sharing": True}


class Team:
    """Eight people and a role of three skills: six share, one does not, one wants no personalization."""

    def __init__(self, world: str) -> None:
        self.skills = [f"{world}/{name}" for name in ("common", "rare", "missing")]
        self.role = f"{world}/role"
        self.sharing = [f"{world}/{n}" for n in range(6)]
        self.private, self.unpersonal = f"{world}/private", f"{world}/unpersonal"
        self.everyone = [*self.sharing, self.private, self.unpersonal]


async def team_on(flow: Flow) -> Team:
    """Everyone holds `common`, one who shares holds `rare`, the two others hold all."""
    team = Team(f"team {uuid.uuid4()}")
    await publish_skills(flow, *team.skills)
    await publish_occupation(flow, team.role, dict.fromkeys(team.skills, 0.66))
    for skill, cost in zip(team.skills, ("49.00", "90.00", "20.00"), strict=True):
        price = [{"amount": cost, "currency": "USD", "kind": "tuition"}]
        await publish_assessed(flow, f"{skill} course", skill, 0.66, cost=price)
    unknown_cost: list[Any] = []
    await publish_assessed(flow, f"{team.role}/riddle", team.skills[1], 0.66, cost=unknown_cost)
    for at, learner in enumerate(team.sharing):
        held = team.skills[: 2 if at == 0 else 1]
        await put(flow, learner, held, SHARING)
    await put(flow, team.private, team.skills, {"team_sharing": False})
    await put(flow, team.unpersonal, team.skills, {**SHARING, "personalization": False})
    await pathway(flow.partner, team.sharing[1], team.role, steps=2)
    return team


async def put(flow: Flow, learner: str, skills: list[str], consent: Mapping[str, bool]) -> None:
    held = [{"id": each, "level": 0.66} for each in skills]
    await flow.partner.put_learner(learner, skills=held, consent=consent)


async def ask(flow: Flow, team: Team, ids: list[str], **more: Any) -> httpx.Response:
    body = {"learner_ids": ids, "occupation": team.role, **more}
    return await flow.partner.http.post("/v1/teams/gap", json=body)


async def test_a_teams_gaps_and_the_cheapest_credentials(flow: Flow) -> None:
    """Given eight people and a target role, of whom six share; when the employer asks for half of what the role asks for;
    then the heat map is that of the six, the cheap credential comes before the dear one, and nobody else has a row."""
    team = await team_on(flow)
    answer = await ask(flow, team, team.everyone, coverage=0.5)
    assert answer.status_code == 200, answer.text
    found = answer.json()

    heat = {each["skill"]["id"]: each for each in found["heat_map"]}
    assert [heat[each]["covered_share"] for each in team.skills] == [1.0, round(1 / 6, 4), 0.0]
    assert [heat[each]["mean_level"] for each in team.skills] == [0.66, 0.11, 0.0]
    assert [row["learner_id"] for row in found["members"]] == team.sharing
    assert [row["readiness"] for row in found["members"]] == [0.6667, *[0.3333] * 5]
    assert [each["credential"]["id"] for each in found["credentials"]] == [
        f"{team.skills[2]} course"
    ]
    assert found["coverage"] >= 0.5
    takers = found["credentials"][0]["learners"]
    assert found["credentials"][0]["gain"] == pytest.approx(found["coverage"] - 7 / 18, abs=1e-3)
    assert Decimal(found["total_cost"]["amount"]) == 20 * takers
    assert takers == sum(bool(row["credentials"]) for row in found["members"])


async def test_what_no_money_reaches_is_said(flow: Flow) -> None:
    """Given a coverage that no set of credentials reaches, when it is asked for, then all that helps is named and the
    answer says how far it goes; what costs an unknown amount is not among it."""
    team = await team_on(flow)
    found = (await ask(flow, team, team.everyone, coverage=1.0)).json()
    assert 0.5 < found["coverage"] < 1
    assert {each["credential"]["id"] for each in found["credentials"]} == {
        f"{skill} course" for skill in team.skills[1:]
    }


async def test_fewer_than_five_who_share_are_refused(flow: Flow) -> None:
    """Given a team of whom four share, when its gap is asked for, then nothing is told; nor of someone unknown, of
    another partner's learner, or of someone counted twice."""
    team = await team_on(flow)
    few = await ask(flow, team, [*team.sharing[:4], team.private, team.unpersonal])
    assert few.status_code == 400
    assert "at least 5 members who share" in few.json()["detail"]
    stranger = await ask(flow, team, [*team.sharing, "nobody"])
    assert (stranger.status_code, stranger.json()["code"]) == (404, "learner_not_found")
    assert [each["pointer"] for each in stranger.json()["errors"]] == ["/learner_ids/6"]
    twice = await ask(flow, team, [*team.sharing, team.sharing[2]])
    assert twice.status_code == 400
    assert [each["pointer"] for each in twice.json()["errors"]] == ["/learner_ids/6"]
    async with flow.another_partner("rival") as rival:
        body = {"learner_ids": team.sharing, "occupation": team.role}
        foreign = await rival.http.post("/v1/teams/gap", json=body)
    assert foreign.status_code == 404
