"""Histories outlive Redis and the interactions' log: they come back from the trainer's archive."""

import shutil
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from deploy.local.run import running_stack
from deploy.local.stack import Stack
from libs.common.contracts.topics import INTERACTION, LEARNER
from services.recommender.model.arrays import Corrupt
from services.recommender.shared_archive import SharedArchive
from tests.chaos.test_exact_states import lines_for, settle
from tests.conftest import temporary_folder
from tests.support import kafka
from tests.support.flood import Flood, Line
from tests.support.flow import Flow, flow_on
from tests.support.oracle import expected
from tests.support.partner import path
from tests.support.waiting import until

pytestmark = [pytest.mark.stack, pytest.mark.any_broker]

COUNT = 2_000
OFTEN = {"trainer": {"STACKWISE_ARCHIVE_EVERY_SECONDS": "1"}}


def start(folder: Path) -> AbstractAsyncContextManager[Stack]:
    """The whole system on this folder."""
    return running_stack(folder, durable=False, overrides=OFTEN)


async def flooded(flow: Flow) -> list[Line]:
    """Interactions that have been acknowledged and applied."""
    lines = await lines_for(flow, COUNT)
    await Flood(flow.partner, lines).send()
    await settle(flow, lines)
    return lines


def archived(flow: Flow) -> int:
    """How many (learner, credential, kind) the shared archive has."""
    shared = SharedArchive(str(flow.stack.state.folder("models")))
    try:
        name = shared.newest()
        return 0 if name is None else len(shared.read(name, None).columns.at)
    except (Corrupt, FileNotFoundError):  # replaced by a newer one meanwhile
        return 0


async def test_histories_come_back_after_redis_and_the_log_are_lost() -> None:
    """Between two starts, and then under the running stack; who was erased stays so."""
    with temporary_folder() as folder:
        async with start(folder) as stack, flow_on(stack) as flow:
            lines = await flooded(flow)
        shutil.rmtree(folder / "redis")
        async with start(folder) as stack, flow_on(stack) as flow:
            await settle(flow, lines)
            lines += await flooded(flow)
            want = sum(len(kinds) for state in expected(lines).values() for kinds in state.values())

            async def saved() -> int:
                return archived(flow)

            await until(saved, lambda held: held == want, seconds=120, every=0.5)
            gone = lines[0]["learner_id"]
            place = await flow.lookup(gone)
            assert place is not None
            assert place.learner_key is not None
            erasure = await flow.partner.http.delete(path("learners", gone))
            assert erasure.status_code == 202, erasure.text
            await flow.wait_erased(place.partition, place.learner_key)
            await flow.redis.flushall()
            await kafka.recreate(stack, [LEARNER, INTERACTION])
            await settle(flow, [line for line in lines if line["learner_id"] != gone])
            await flow.wait_erased(place.partition, place.learner_key)
