"""The gateway's own reading of stored lists, and what survives of them."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from libs.common.contracts.catalog import Cost, Prerequisite, TaughtSkill
from libs.common.contracts.redis_values import (
    ListItem,
    ListReason,
    Ranking,
    StoredList,
    pack,
)
from services.gateway.catalog.survivors import survivors
from services.gateway.packed import Item, PackedList, PackedRanking, unpacked
from tests.factories.catalog import credential
from tests.unit.gateway.world import ranked, stored


@pytest.mark.parametrize(
    ("ours", "theirs"), [(Item, ListItem), (PackedRanking, Ranking), (PackedList, StoredList)]
)
def test_the_fields_are_those_of_the_contract(ours: Any, theirs: Any) -> None:
    """By name and in order, since arrays have no names."""
    assert ours.__struct_fields__ == theirs.__struct_fields__


def test_a_stored_list_reads_the_same_either_way() -> None:
    """Packing what was read gives the very bytes that were stored."""
    reasons = [ListReason("closes_skill_gap", {"skills": ["s"], "occupation": "o"})]
    items = [ListItem("a", 0.5, "content", reasons, ["s"], 0.1, [ListReason("ceasing")])]
    raw = pack(stored(ranking=Ranking(items), region="US-CA", income_band="low"))
    read = msgspec.msgpack.decode(raw, type=PackedList)
    assert pack(read) == raw
    (item,) = read.items()
    assert [unpacked(each) for each in item.reasons] == reasons


def served(items: PackedList, *credentials: Any, partner: str = "partner") -> list[Item]:
    found = survivors(items, {each.id: each for each in credentials}, partner)
    return [item for item, _ in found]


def ids(items: list[Item]) -> list[str]:
    return [item.credential_id for item in items]


OLD = credential("old", status="deprecated", superseded_by="new")


def test_a_successor_takes_the_place_of_its_predecessor() -> None:
    """With the score of the place, through any number of successions."""
    middle = credential("new", status="deprecated", superseded_by="newer")
    found = served(
        ranked("a", "old", "b"), credential("a"), OLD, credential("new"), credential("b")
    )
    assert ids(found) == ["a", "new", "b"]
    assert found[1].score == 0.99
    assert ids(served(ranked("old"), OLD, middle, credential("newer"))) == ["newer"]


def test_a_successor_is_listed_once() -> None:
    """Not where it is listed itself, and not for two predecessors."""
    other = credential("other", status="deprecated", superseded_by="new")
    assert ids(served(ranked("old", "new"), OLD, credential("new"))) == ["new"]
    assert ids(served(ranked("old", "other"), OLD, other, credential("new"))) == ["new"]


def test_successions_that_lead_nowhere_leave_nothing() -> None:
    """A circle, an unknown successor, one that is retired itself, one for other partners."""
    circle = credential("new", status="deprecated", superseded_by="old")
    assert served(ranked("old"), OLD, circle) == []
    assert served(ranked("old"), OLD) == []
    assert served(ranked("old"), OLD, credential("new", status="suspended")) == []
    assert served(ranked("old"), OLD, credential("new", audience=["other"])) == []


@pytest.mark.parametrize(
    "harder",
    [
        {"cost": [Cost(amount=Decimal(50), currency="USD", kind="tuition")]},
        {"cost": []},
        {"workload_hours": 31},
        {"workload_hours": None},
        {"delivery": ["in_person"]},
        {"languages": ["fr"]},
        {"prerequisites": [Prerequisite(credential="x")]},
    ],
)
def test_a_successor_that_asks_more_is_not_served_unranked(harder: dict[str, Any]) -> None:
    """The learner's constraints were checked with the predecessor only."""
    assert served(ranked("old"), OLD, credential("new", **harder)) == []


def test_a_successor_keeps_only_reasons_that_are_true_of_it() -> None:
    """Skills that it does not teach are gone from reasons and gap."""
    reasons = [
        ListReason("closes_skill_gap", {"skills": ["s1", "s2"], "occupation": "o"}),
        ListReason("teaches_related_skills", {"skills": ["s2"]}),
        ListReason("builds_on", {"credentials": ["x"]}),
        ListReason("trending"),
    ]
    items = ranked(ranking=Ranking([ListItem("old", 0.5, "content", reasons, ["s1", "s2"], 0.2)]))
    new = credential("new", skills=[TaughtSkill(id="s1")])
    (item,) = served(items, OLD, new)
    assert [(unpacked(r).code, unpacked(r).params.get("skills")) for r in item.reasons] == [
        ("closes_skill_gap", ["s1"]),
        ("successor_of", None),
    ]
    assert (item.closes, item.gain) == (["s1"], None)
