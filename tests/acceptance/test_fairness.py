"""The fairness report of what is served, without anything of a small group."""

import asyncio
import json
import uuid
from pathlib import Path

import pytest

from tests.support.flow import Flow

pytestmark = pytest.mark.stack
DEAR = {"amount": "500.00", "currency": "USD"}


async def test_groups_are_compared_and_small_ones_are_not_told(flow: Flow, tmp_path: Path) -> None:
    """Given forty learners who can pay and forty who cannot and speak a language in which nothing is free, and three of
    another group, among many who tell nothing; when the report is made; then the first all have something feasible and the second nothing, the three
    are suppressed, and the picture is drawn."""
    axis = f"axis {uuid.uuid4()}"
    await flow.publish_ladder(f"fairness {axis}")
    groups = {"able": 40, "unable": 40, "few": 3, "": 40}
    learners = [
        (f"{axis}-{group}-{n}", group) for group, size in groups.items() for n in range(size)
    ]

    async def put(learner: str, group: str) -> None:
        unable = {"languages": ["cy"], "budget": {"amount": "0.00", "currency": "USD"}}
        limits = unable if group == "unable" else {"budget": DEAR}
        told = {axis: group} if group else {}
        await flow.partner.put_learner(learner, groups=told, **limits)

    await asyncio.gather(*(put(*each) for each in learners))
    await flow.stack.until_applied()

    out, picture = tmp_path / "fairness.json", tmp_path / "fairness.png"
    said = await flow.stack.command(
        "recommender", "fairness", "--json", str(out), "--plot", str(picture), "--publish"
    )

    assert "not a verdict" in " ".join(said.split())
    assert picture.read_bytes().startswith(b"\x89PNG")
    report = json.loads(out.read_bytes())
    told = {each["group"]: each for each in report["groups"] if each["axis"] == axis}
    assert (told["able"]["learners"], told["able"]["feasible"]) == (40, 1.0)
    assert (told["unable"]["learners"], told["unable"]["feasible"]) == (40, 0.0)
    assert told["able"]["measures"]["cost_burden"] > 0
    assert "few" not in told
    assert told["(suppressed)"]["learners"] is None
    assert set(told["(suppressed)"]["measures"].values()) == {None}
    [gap] = [
        each for each in report["gaps"] if (each["axis"], each["measure"]) == (axis, "feasible")
    ]
    assert (gap["lowest"], gap["highest"], gap["difference"]) == ("unable", "able", 1.0)
