"""A new credential finds its learners within seconds, and a new learner their list with the first event."""

import asyncio
import random
import time
import uuid
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from services.recommender.model.store import ModelStore
from services.recommender.trainer.stored import TRAINED
from tests.support.flow import Flow
from tests.support.partner import event, ids, path
from tests.support.waiting import until

pytestmark = pytest.mark.stack
TASTES, COURSES, LEARNERS, TAKEN = ("clay", "code"), 12, 40, 8


class Town:
    """Two kinds of learners: each has completed courses of one taste."""

    def __init__(self) -> None:
        self.name = f"town {uuid.uuid4()}"

    def course(self, taste: str, number: int) -> str:
        return f"{self.name}/{taste} course {number}"

    def learner(self, taste: str, number: int) -> str:
        return f"{self.name}/{taste} {number}"

    def skills(self, taste: str) -> list[str]:
        return [f"{self.name}/{taste} {skill}" for skill in "ab"]

    def taught(self, taste: str) -> list[dict[str, object]]:
        return [{"id": skill, "level": 0.66} for skill in self.skills(taste)]


async def peopled(flow: Flow) -> Town:
    """A town whose interactions the trainer has streamed: the newest course of each taste has a factor of its own."""
    town, draw = Town(), random.Random(3)
    for taste in TASTES:
        for skill in town.skills(taste):
            await flow.admin.put(path("skills", skill), json={"name": skill})
        for number in range(COURSES):
            await flow.publish(town.course(taste, number), skills=town.taught(taste))
    start = datetime.now(UTC) - timedelta(days=9)
    lines = [
        {
            "learner_id": town.learner(taste, n),
            "credential_id": town.course(taste, number),
            "kind": "complete",
            "occurred_at": (start + timedelta(minutes=step)).isoformat(),
        }
        for taste in TASTES
        for n in range(LEARNERS)
        for step, number in enumerate(draw.sample(range(COURSES), TAKEN))
    ]
    answers = await flow.partner.interact_in_bulk(lines)
    assert all("position" in each for each in answers)
    for taste in TASTES:
        await flow.item_row(town.course(taste, 0))
    await until(partial(model_in_force, flow), lambda metrics: TRAINED in metrics, seconds=60)
    return town


async def model_in_force(flow: Flow) -> dict[str, float]:
    """What is known of the model that is announced."""
    settings = flow.stack.environments().services["recommender"]
    store = ModelStore(settings["STACKWISE_MODEL_STORE"])
    version = await asyncio.to_thread(store.current)
    return {} if version is None else version.metrics


async def place(flow: Flow, learner: str, credential_id: str) -> int:
    """Where a list made now has the credential; after its end when it has not."""
    listed = ids(await flow.partner.recommendations(learner, limit=50, max_hours=200))
    return listed.index(credential_id) if credential_id in listed else len(listed)


async def test_a_new_credential_finds_its_learners_within_seconds(flow: Flow) -> None:
    """Given learners of two tastes; when a credential of one is published; then within five seconds it is among the first
    ten of those who share that taste, and further down for the others."""
    town = await peopled(flow)
    new = f"{town.name}/newly published"
    published = time.monotonic()
    await flow.publish(new, skills=town.taught("clay"))
    takers = [town.learner("clay", n) for n in range(3)]

    async def worst() -> int:
        return max([await place(flow, each, new) for each in takers])

    await until(worst, lambda seen: seen < 10, seconds=10)
    assert time.monotonic() - published < 5
    others = [await place(flow, town.learner("code", n), new) for n in range(3)]
    assert min(others) > await worst()


async def test_a_new_learner_has_a_personal_list_after_one_event(flow: Flow) -> None:
    """Given the same town; when someone unknown completes one course; then the next answer is led by courses of that
    taste, as personal ones."""
    town = await peopled(flow)
    newcomer = f"{town.name}/newcomer"
    accepted = await flow.partner.interact(newcomer, event(town.course("code", 0)))
    answer = await flow.partner.covering(newcomer, accepted["position"])
    first = answer["items"][:5]
    assert all(item["credential"]["id"].startswith(f"{town.name}/code") for item in first)
    assert {item["source"] for item in first} == {"personalized"}
