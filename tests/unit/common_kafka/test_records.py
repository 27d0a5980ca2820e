import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.contracts.topics import INTERACTION
from libs.common.kafka.records import read
from tests.factories.profile import interaction
from tests.unit.common_kafka.test_handling import raw

NAMES = st.sampled_from(["ce_id", "ce_type", "ce_time", "traceparent", "x"])
CONTENT = st.none() | st.binary(max_size=40) | st.just(b"profile.interaction.v1")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
).map(msgspec.json.encode)


@given(
    key=st.none() | st.binary(max_size=20),
    value=st.none() | st.binary(max_size=100) | JSON,
    headers=st.lists(st.tuples(NAMES, CONTENT), max_size=6),
    timestamp=st.integers(min_value=-(2**63), max_value=2**63 - 1),
)
def test_reading_never_raises(
    key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes | None]], timestamp: int
) -> None:
    """Whatever stands in the log becomes a record that has either a value or a fault, and an id."""
    record = read(raw(key=key, value=value, headers=headers, timestamp=timestamp))
    assert (record.value is None) == (record.fault is not None)
    assert record.id


@pytest.mark.parametrize("timestamp", [2**62, -(2**62), -1])
def test_a_record_of_no_possible_time_is_usable(timestamp: int) -> None:
    """Its producer's clock is no reason to lose what it says."""
    value = msgspec.json.encode(interaction("key"))
    record = read(raw(value=value, timestamp=timestamp))
    assert record.value == interaction("key")
    assert record.topic == INTERACTION.name
