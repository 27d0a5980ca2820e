"""Scenario 9: an interaction is in the served list within milliseconds."""

import statistics
import time
import uuid

import pytest

from tests.support.flow import Flow
from tests.support.partner import event, ids

pytestmark = pytest.mark.stack


async def test_a_completed_credential_leaves_the_list_within_a_second(flow: Flow) -> None:
    """Given a list, when its first item is completed, then the next answer covers that and lacks it."""
    for number in range(3):
        await flow.publish_ladder(f"fresh {number} {uuid.uuid4()}")
    learner = f"fresh-{uuid.uuid4()}"
    await flow.partner.put_learner(learner)
    delays = []
    for _ in range(5):
        listed = ids(await flow.partner.recommendations(learner))
        accepted = await flow.partner.interact(learner, event(listed[0]))
        started = time.perf_counter()
        answer = await flow.partner.recommendations(learner, min_position=accepted["position"])
        delays.append(time.perf_counter() - started)
        assert answer["freshness"]["position"] >= accepted["position"]
        assert listed[0] not in ids(answer)
    assert statistics.median(delays) < 1.0
