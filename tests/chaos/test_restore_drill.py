"""PostgreSQL and the trainer's snapshots are restored from a backup that is older than Kafka; then Kafka is lost."""

import asyncio
import uuid
from pathlib import Path
from typing import Any

import pytest

from libs.common.contracts.topics import CATALOG, INTERACTION, ITEM_SIDE, LEARNER
from tests.acceptance.test_14_erasure import assert_gone
from tests.support import backup, kafka
from tests.support.flow import Flow, Ladder
from tests.support.partner import event, ids, path
from tests.support.waiting import until

pytestmark = [pytest.mark.stack, pytest.mark.any_broker]

APIS = ("gateway", "profile", "catalog")


async def registered(flow: Flow, learner: str, ladder: Ladder) -> None:
    """A learner with a profile and an interaction, listed and applied."""
    await flow.partner.put_learner(learner, skills=[{"id": ladder.skill, "level": 0.1}])
    done = await flow.partner.interact(learner, event(ladder.first))
    await flow.partner.covering(learner, done["position"])


async def profile_in_redis(flow: Flow, learner: str, level: float) -> None:
    """Waits until the learner's state has the profile with this level."""

    async def look() -> list[float | None]:
        state = await flow.state(learner)
        known = None if state is None else state.profile
        return [skill.level for skill in known.profile.skills] if known else []

    await until(look, lambda levels: levels == [level], seconds=180)


async def listed(flow: Flow, learner: str, ladder: Ladder) -> None:
    """Waits until the learner's own list is served, without what they have completed."""

    async def look() -> dict[str, Any]:
        answer = await flow.partner.http.get(
            path("learners", learner, "recommendations"), params={"limit": 50}
        )
        body: dict[str, Any] = answer.json()
        return body

    await until(
        look,
        lambda body: (
            body.get("fallback", "") is None
            and ladder.other in ids(body)
            and ladder.first not in ids(body)
        ),
        seconds=180,
        every=0.2,
    )


async def test_a_restored_system_is_no_older_than_its_topics(storm: Flow, tmp_path: Path) -> None:
    """What was written after the backup is there, who was erased after it stays erased, lists come back; so they do
    when Kafka and Redis are lost on top of that."""
    flow, stack = storm, storm.stack
    tag = f"drill {uuid.uuid4()}"
    ladder = await flow.publish_ladder(tag)
    kept, gone, new = f"{tag} kept", f"{tag} gone", f"{tag} new"
    await asyncio.gather(*(registered(flow, learner, ladder) for learner in (kept, gone)))
    await stack.processes["trainer"].stop()
    await backup.back_up(stack, tmp_path)
    await stack.processes["trainer"].start()

    await flow.partner.put_learner(kept, skills=[{"id": ladder.skill, "level": 0.2}])
    await registered(flow, new, ladder)
    later = await flow.partner.interact(kept, event(ladder.other, "view"))
    renamed = await flow.publish(ladder.second, name="A newer name")
    place = await flow.lookup(gone)
    assert place is not None
    assert place.learner_key is not None
    erased = await flow.partner.http.delete(path("learners", gone))
    assert erased.status_code == 202
    await flow.wait_erased(place.partition, place.learner_key)
    await profile_in_redis(flow, kept, 0.2)

    workers = [worker.name for worker in stack.workers if worker.pid is not None]
    working = [*APIS, "recommender", "trainer", *workers]
    await asyncio.gather(*(stack.processes[name].stop() for name in working))
    await backup.destroy(stack)
    await flow.redis.flushall()
    await backup.restore(stack, tmp_path)
    await asyncio.gather(
        *(stack.command(service, "republish", "--restored") for service in ("catalog", "profile"))
    )
    await asyncio.gather(*(stack.processes[name].start() for name in working))
    await stack.until_ready()

    await profile_in_redis(flow, kept, 0.2)
    await flow.partner.covering(kept, later["position"])
    for learner in (kept, new):
        await listed(flow, learner, ladder)
    found = (await flow.admin.get(path("credentials", ladder.second))).json()
    assert (found["name"], found["revision"] > renamed["revision"]) == ("A newer name", True)
    await assert_gone(flow, gone)
    await flow.wait_erased(place.partition, place.learner_key)
    late = await flow.partner.http.post(
        path("learners", gone, "interactions"), json={"events": [event(ladder.first)]}
    )
    assert (late.status_code, late.json()["code"]) == (409, "learner_erased")

    await stack.processes["trainer"].restart()
    await kafka.recreate(stack, [*CATALOG, LEARNER, INTERACTION, ITEM_SIDE])
    await flow.redis.flushall()
    await profile_in_redis(flow, kept, 0.2)
    for learner in (kept, new):
        await listed(flow, learner, ladder)
    await flow.wait_erased(place.partition, place.learner_key)
    await assert_gone(flow, gone)
    await flow.partner.put_learner(kept, skills=[{"id": ladder.skill, "level": 0.3}])
    await profile_in_redis(flow, kept, 0.3)
    await stack.until_ready()
