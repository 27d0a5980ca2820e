"""The api over a real Redis: what-if, narrowing, read repair."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import httpx
import msgspec
import pytest

from libs.common.contracts import redis_keys
from libs.common.contracts.redis_values import LearnerState, Packed, StoredList, pack
from libs.common.health import Health
from services.recommender.api.app import http_app
from services.recommender.domain.catalog_index import CatalogIndex
from services.recommender.listing import Listing
from services.recommender.store import Store, connect
from tests.factories.catalog import credential, occupation
from tests.unit.recommender.events import at, erased, interaction, learner
from tests.unit.recommender.worlds import NOW, Neighbours, index, state_of

PARTITION = 2_000
Lists = Packed(StoredList)


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class Api:
    """The api, what it ranks with, and the Redis behind it."""

    def __init__(self, redis_url: str) -> None:
        self.catalog: CatalogIndex = index(
            occupation("o1"), *(credential(f"c{i}") for i in range(4)), credential("é/ü", skills=[])
        )
        self.model = Neighbours({"c0": ["c1"]})
        self.redis = connect(redis_url)
        self.store = Store(self.redis)
        self.clock = Clock()
        listing = Listing(self.catalog, lambda: self.model, lambda: 7, self.clock)
        app = http_app(self.store, listing, health=Health())
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://recommender"
        )

    async def put(self, state: LearnerState) -> None:
        """Stores a state without a list."""
        await self.redis.set(redis_keys.state(PARTITION, state.learner_key), pack(state))
        await self.redis.delete(redis_keys.ranked(PARTITION, state.learner_key))

    async def post(self, path: str, body: Any = None) -> httpx.Response:
        """Posts JSON."""
        return (
            await self.client.post(path, json=body)
            if body is not None
            else await self.client.post(path)
        )

    async def ranked(self, path: str, body: Any = None) -> StoredList:
        """The list that a call answers."""
        answer = await self.post(path, body)
        assert answer.status_code == 200, answer.text
        ranked = Lists.unpack(answer.content)
        assert ranked is not None
        return ranked

    async def stored(self, key: str) -> StoredList | None:
        """The list in Redis."""
        return Lists.unpack(await self.redis.get(redis_keys.ranked(PARTITION, key)))


@pytest.fixture
async def api(redis_url: str) -> AsyncIterator[Api]:
    """An api of its own on the tests' Valkey."""
    opened = Api(redis_url)
    yield opened
    await opened.client.aclose()
    await opened.store.close()


def ids(ranked: StoredList) -> list[str]:
    """The listed credential ids."""
    return [item.credential_id for item in ranked.ranking.items]


async def test_a_what_if_ranks_nobody_in_particular(api: Api) -> None:
    """History, goal, constraints and limit of the question count; nothing is stored."""
    ranked = await api.ranked(
        "/whatif",
        {"completed": ["c2"], "viewed": ["c0"], "target": {"occupation": "o1"}, "limit": 3},
    )
    assert len(ranked.ranking.items) == 3
    assert "c2" not in ids(ranked)
    assert ranked.ranking.target is not None
    assert (ranked.position, ranked.catalog_epoch, ranked.model_version) == (None, 7, "test")
    same = await api.ranked("/whatif", {"viewed": ["c0"]})
    assert ids(same)[0] == "c1"
    assert (await api.ranked("/whatif", {"viewed": ["c0"]})).recommendation_id == (
        same.recommendation_id
    )


async def test_a_what_if_sees_what_its_partner_may(api: Api) -> None:
    """A credential for one partner's learners is listed for that partner only."""
    api.catalog.put(credential("ours", audience=["partner"]), NOW)
    assert "ours" not in ids(await api.ranked("/whatif", {}))
    assert "ours" in ids(await api.ranked("/whatif", {"audience": "partner"}))


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"limit": 0}, "/limit"),
        ({"target": {}}, "/target"),
        ({"constraints": {"max_costs": 1}}, "/constraints/max_costs"),
        ({"skills": [{"id": "s", "level": 2}]}, "/skills/0/level"),
    ],
)
async def test_a_wrong_question_is_refused_with_its_pointer(
    api: Api, body: dict[str, Any], pointer: str
) -> None:
    """400 with the place of the fault."""
    answer = await api.post("/whatif", body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_a_narrowed_list_replaces_the_given_parts_only(api: Api) -> None:
    """Constraints of the request stand in for the learner's own, the others stay; nothing is stored."""
    api.catalog.put(credential("german", languages=["de"], workload_hours=5), NOW)
    await api.put(state_of(learner("n", languages=["en"], hours_per_week=10, deadline_weeks=10)))
    path = f"/learners/{PARTITION}/n/rank"
    assert "german" not in ids(await api.ranked(path, {}))
    assert ids(await api.ranked(path, {"constraints": {"languages": ["de"]}})) == ["german"]
    assert len(ids(await api.ranked(path, {"limit": 2}))) == 2
    goal = (await api.ranked(path, {"occupation": "o1"})).ranking.target
    assert goal is not None
    assert goal.occupation_id == "o1"
    assert await api.stored("n") is None


async def test_a_missing_list_is_repaired(api: Api) -> None:
    """The list is computed, answered and stored, and its id stays while its content does."""
    await api.put(state_of(learner("r", region="DE"), interaction("c0", key="r")))
    ranked = await api.ranked(f"/learners/{PARTITION}/r/repair")
    assert ids(ranked)[0] == "c1"
    assert ranked.region == "DE"
    assert await api.stored("r") == ranked
    api.clock.now = at(90)
    again = await api.ranked(f"/learners/{PARTITION}/r/repair")
    assert again.recommendation_id == ranked.recommendation_id
    assert again.computed_at > ranked.computed_at


@pytest.mark.parametrize("ahead", [{"item_epoch": 2}, {"item_side": 1}], ids=str)
async def test_a_list_of_a_newer_item_side_is_not_undone(api: Api, ahead: dict[str, int]) -> None:
    """Where the worker is further already, the repair answers and leaves the list alone."""
    await api.put(state_of(learner("m"), interaction("c0", key="m")))
    ranked = await api.ranked(f"/learners/{PARTITION}/m/repair")
    newer = msgspec.structs.replace(ranked, model_version="aaa", **ahead)
    await api.redis.set(redis_keys.ranked(PARTITION, "m"), pack(newer))
    assert (await api.ranked(f"/learners/{PARTITION}/m/repair")).model_version == "test"
    assert await api.stored("m") == newer


async def test_a_list_of_what_was_gone_back_from_is_repaired(api: Api) -> None:
    """Its model's version sorts after ours, and was announced before it."""
    await api.put(state_of(learner("m"), interaction("c0", key="m")))
    ranked = await api.ranked(f"/learners/{PARTITION}/m/repair")
    undone = msgspec.structs.replace(ranked, model_version="zzz", item_epoch=0)
    await api.redis.set(redis_keys.ranked(PARTITION, "m"), pack(undone))
    await api.ranked(f"/learners/{PARTITION}/m/repair")
    assert (await api.stored("m")).model_version == "test"


async def test_nothing_is_stored_of_who_does_not_consent(api: Api) -> None:
    """They get trend and value, computed for the request."""
    await api.put(state_of(learner("w", personalization=False)))
    ranked = await api.ranked(f"/learners/{PARTITION}/w/repair")
    assert {item.source for item in ranked.ranking.items} <= {"trending", "value"}
    assert await api.stored("w") is None


async def test_the_state_is_answered_whole(api: Api) -> None:
    """What the export needs, under a key with any characters."""
    state = state_of(learner("é/ k"), interaction("é/ü", key="é/ k"))
    await api.put(state)
    answer = await api.client.get(f"/learners/{PARTITION}/%C3%A9%2F%20k/state")
    assert Packed(LearnerState).unpack(answer.content) == state


async def test_an_unknown_or_erased_learner_is_not_found(api: Api) -> None:
    """404 with the code that clients know, on every path."""
    await api.put(state_of(erased("gone")))
    for key in ("gone", "never"):
        path = f"/learners/{PARTITION}/{key}"
        answers = [
            await api.client.get(f"{path}/state"),
            await api.post(f"{path}/repair"),
            await api.post(f"{path}/rank", {}),
        ]
        assert {(a.status_code, a.json()["code"]) for a in answers} == {(404, "learner_not_found")}


async def test_what_does_not_decode_is_not_known(api: Api) -> None:
    """A broken list is repaired, a broken state is no learner; neither is our failure."""
    state = state_of(learner("broken"))
    await api.put(state)
    await api.redis.set(redis_keys.ranked(PARTITION, "broken"), b"\xc1")
    path = f"/learners/{PARTITION}/broken"
    assert (await api.post(f"{path}/repair")).status_code == 200
    await api.redis.set(redis_keys.state(PARTITION, "broken"), b"\xc1")
    assert (await api.client.get(f"{path}/state")).status_code == 404


async def test_a_redis_that_is_away_is_said(api: Api) -> None:
    """503 for what needs a learner; a what-if is answered all the same."""
    api.store._redis = connect("redis://127.0.0.1:1/0")
    answer = await api.post(f"/learners/{PARTITION}/n/repair")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert (await api.post("/whatif", {})).status_code == 200
