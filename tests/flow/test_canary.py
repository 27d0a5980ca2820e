"""The freshness canary on the running stack."""

import uuid

import pytest
from prometheus_client import REGISTRY

from libs.common.client import ServiceClient
from services.gateway.canary.rounds import LEARNERS, Canary
from tests.support.flow import Flow

pytestmark = pytest.mark.stack


def seen() -> float:
    """How many rounds of this process ended well."""
    return REGISTRY.get_sample_value("stackwise_canary_rounds_total", {"outcome": "seen"}) or 0


async def test_every_round_is_seen_and_changes_nothing(flow: Flow) -> None:
    """Given a round for each of its learners and one more; then all are seen in served lists, and of the one who had two the
    position has moved and nothing else."""
    await flow.publish(f"canary {uuid.uuid4()}")
    key = flow.partner.http.headers["authorization"].removeprefix("Bearer ")
    before = seen()
    async with ServiceClient("gateway", flow.stack.gateway_url) as gateway:
        canary = Canary(gateway, key)
        for _ in range(LEARNERS):
            await canary.round()
        first = await flow.state("canary-0")
        await canary.round()
    again = await flow.state("canary-0")
    assert seen() == before + LEARNERS + 1
    assert first is not None
    assert again is not None
    assert first.position is not None
    assert again.position is not None
    assert again.position > first.position
    assert again.interactions == first.interactions
