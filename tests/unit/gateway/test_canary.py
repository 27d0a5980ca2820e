"""The freshness canary, against a gateway."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY

from libs.common.client import ServiceClient
from services.gateway.canary.rounds import LEARNERS, UNSEEN_SECONDS, Canary
from services.gateway.usecases.ports import Found
from services.recommender.domain.history import tastes
from tests.factories.catalog import credential
from tests.unit.gateway.asking import get
from tests.unit.gateway.world import LOG, World, ranked

SEEN_AT = "stackwise_canary_seen_timestamp_seconds"


def rounds(outcome: str) -> float:
    """How many ended so, in this process."""
    return REGISTRY.get_sample_value("stackwise_canary_rounds_total", {"outcome": outcome}) or 0


def answers(fallback: str) -> float:
    """How many answers were of this kind, in this process."""
    labels = {"fallback": fallback}
    return REGISTRY.get_sample_value("stackwise_gateway_recommendations_total", labels) or 0


@pytest.fixture
def listed(world: World) -> World:
    """A catalog, and lists that include every interaction until the canary's first."""
    world.publish(credential("a"))
    world.catalog.found = ["a"]
    for number in range(LEARNERS):
        world.rank(f"canary-{number}", ranked("a", position=0))
    return world


def canary(world: World, clock: Callable[[], float] = lambda: 0.0) -> Canary:
    transport = httpx.ASGITransport(app=world.app)
    client = ServiceClient("gateway", "http://gateway", transport=transport)
    return Canary(client, world.secret, clock)


async def test_an_interaction_is_seen(listed: World) -> None:
    """Given a list that includes the interaction, its round is seen, timed, and so is the moment."""
    before, timed = rounds("seen"), "stackwise_canary_freshness_seconds_count"
    count = REGISTRY.get_sample_value(timed) or 0
    await canary(listed).round()
    assert rounds("seen") == before + 1
    assert REGISTRY.get_sample_value(timed) == count + 1
    assert (REGISTRY.get_sample_value(SEEN_AT) or 0) > 0


async def test_it_asks_until_the_list_includes_it(listed: World) -> None:
    """The list of before is no answer: the canary asks for its own position, and goes on asking."""
    listed.profile.accepted += [("partner", None)] * 7  # type: ignore[list-item]
    key = listed.profile.learners["partner", "canary-0"].learner_key
    before = rounds("seen")

    async def wait(*_: Any) -> Found | None:
        listed.lists.waited.append(7)
        if len(listed.lists.waited) == 3:
            listed.lists.lists[5, key] = Found(ranked("a", position=7), LOG)
        return listed.lists.lists[5, key]

    listed.lists.wait = wait  # type: ignore[method-assign]
    await canary(listed).round()
    assert (len(listed.lists.waited), rounds("seen")) == (3, before + 1)


async def test_what_is_never_seen_is_counted_so(listed: World) -> None:
    """A list that stays behind for ten seconds: unseen, and the time of the last sight stays."""
    listed.profile.accepted += [("partner", None)] * 7  # type: ignore[list-item]
    ticks = iter(range(0, 100, 3))
    before, last = rounds("unseen"), REGISTRY.get_sample_value(SEEN_AT)
    await canary(listed, lambda: next(ticks)).round()
    assert rounds("unseen") == before + 1
    assert REGISTRY.get_sample_value(SEEN_AT) == last
    assert len(listed.lists.waited) <= UNSEEN_SECONDS / 3 + 1


@pytest.mark.parametrize("away", ["profile", "key", "catalog", "event"])
async def test_a_refusal_is_an_outcome(listed: World, away: str) -> None:
    """The canary outlives a gateway that takes nothing, a revoked key, an empty catalog and a rejected event."""
    before = rounds("refused")
    if away == "profile":
        listed.profile.away = True
    elif away == "key":
        listed.keys.known.clear()
    elif away == "catalog":
        listed.catalog.found = []
    else:
        listed.view.credentials.clear()  # type: ignore[attr-defined]
    await canary(listed).round()
    assert rounds("refused") == before + 1


async def test_what_it_does_says_nothing_of_taste(listed: World) -> None:
    """Round after round another learner, the same content, and nothing that a model is trained with."""
    singing = canary(listed)
    for _ in range(LEARNERS + 1):
        listed.profile.accepted.clear()
        await singing.round()
        [(_, event)] = listed.profile.accepted
        at = round(event.occurred_at.timestamp() * 1000)
        assert tastes({event.credential_id: {event.kind: at}}) == []
    assert event.learner_id == "canary-0"


async def test_answers_are_counted_by_fallback(listed: World, partner: httpx.AsyncClient) -> None:
    """A ranked list is none, one by value while the recommender is away is its fallback; each is counted once."""
    ranked_before, by_value_before = answers("none"), answers("recommender_unavailable")
    await get(partner, "/v1/learners/canary-0/recommendations")
    listed.recommender.away = True
    await partner.post("/v1/recommendations", json={})
    assert answers("none") == ranked_before + 1
    assert answers("recommender_unavailable") == by_value_before + 1
