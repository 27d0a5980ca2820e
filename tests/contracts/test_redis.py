import msgspec
import pytest

from libs.common.contracts import redis_keys
from libs.common.contracts.profile import Consent, LearnerProfile
from libs.common.contracts.redis_values import (
    LearnerState,
    ListItem,
    ListReason,
    Lookup,
    Mark,
    Offsets,
    Packed,
    ProfileState,
    Ranking,
    StoredList,
    pack,
)

VALUES = [
    Lookup(17, "key", 3),
    Lookup(17, None, 4),
    Offsets("log", Mark(5, "a"), None),
    LearnerState(
        "key",
        1_700_000_000_000,
        profile=ProfileState(2, "partner", "learner", LearnerProfile(), Consent()),
        interactions={"c/é": {"view": 1_700_000_000_001}},
        position=7,
        as_of=1_700_000_000_002,
    ),
    StoredList(
        "rec_1",
        Ranking([ListItem("c/é", 0.5, "content", [ListReason("trending")])]),
        1_700_000_000_003,
        "v1",
        12,
        1,
        "log",
    ),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_comes_back_as_it_was_packed(value: msgspec.Struct) -> None:
    """Packing loses nothing."""
    assert Packed(type(value)).unpack(pack(value)) == value


def test_what_redis_does_not_have_is_none() -> None:
    """Absent is None; garbage raises, so that it is noticed."""
    assert Packed(Lookup).unpack(None) is None
    with pytest.raises(msgspec.DecodeError):
        Packed(Lookup).unpack(b"garbage")


def test_an_older_value_decodes_with_defaults() -> None:
    """Fields are only ever added at the end, with defaults."""
    older = msgspec.msgpack.encode(["log", [5, "a"]])
    assert Packed(Offsets).unpack(older) == Offsets("log", Mark(5, "a"), None)


def test_the_keys_of_a_learner_share_the_slot_of_their_partition() -> None:
    """One script may touch them in Redis Cluster."""
    names = [
        redis_keys.state(17, "k"),
        redis_keys.ranked(17, "k"),
        redis_keys.offsets(17),
        redis_keys.changed(17),
    ]
    assert len(set(names)) == 4
    assert all(name.startswith("{p17}:") for name in names)


def test_a_lookup_tells_nothing_and_is_not_ambiguous() -> None:
    """The ids cannot be read from it, cannot be moved between partner and learner, and need the pepper."""
    key = redis_keys.lookup("pepper", "ab", "c")
    assert key != redis_keys.lookup("pepper", "a", "bc")
    assert key != redis_keys.lookup("another", "ab", "c")
    assert key.startswith("lookup:")
    assert len(key) == len("lookup:") + 64
