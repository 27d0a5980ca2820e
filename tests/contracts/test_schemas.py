import copy
from typing import Any

import pytest

from libs.common.contracts.__main__ import committed
from libs.common.contracts.schemas import breaking, current
from libs.common.contracts.topics import BY_NAME, TOPICS


@pytest.mark.parametrize("name", sorted(current()))
def test_the_committed_schema_is_the_codes(name: str) -> None:
    """Whoever changes a contract sees it in the diff of its schema."""
    old = committed(name)
    assert old is not None
    assert breaking(old, current()[name]) == []
    assert old == current()[name], "run `python -m libs.common.contracts write`"


def changed(how: str) -> dict[str, Any]:
    """The schema of an interaction with one change."""
    schema = copy.deepcopy(current()["profile.interaction.v1"])
    body = schema["$defs"]["Interaction"]
    match how:
        case "an optional field":
            body["properties"]["device"] = {"type": "string", "default": ""}
        case "a required field":
            body["properties"]["device"] = {"type": "string"}
            body["required"].append("device")
        case "a field that has gone":
            del body["properties"]["rank"]
        case "a field that may be absent":
            body["required"].remove("kind")
        case "another type":
            body["properties"]["credential_id"] = {"type": "integer"}
        case "a value less":
            body["properties"]["kind"]["enum"].remove("view")
        case "a value more":
            body["properties"]["kind"]["enum"].append("bought")
    return schema


def test_an_optional_field_is_no_breaking_change() -> None:
    """Within a version only additive fields with defaults."""
    assert breaking(current()["profile.interaction.v1"], changed("an optional field")) == []


@pytest.mark.parametrize(
    "how",
    [
        *("a required field", "a field that has gone", "a field that may be absent"),
        *("another type", "a value less", "a value more"),
    ],
)
def test_every_other_change_is_breaking(how: str) -> None:
    """A reader of either version would meet what it does not know."""
    assert breaking(current()["profile.interaction.v1"], changed(how))


def test_a_change_deep_inside_is_seen() -> None:
    """Nested types count as well."""
    old = current()["catalog.credential.v1"]
    new = copy.deepcopy(old)
    del new["$defs"]["Issuer"]["properties"]["sector"]
    assert breaking(old, new) == ["/issuer/sector: has gone"]


def test_the_table_is_sound() -> None:
    """Names are unique, learners and their interactions have equal partitions, each type has one topic."""
    types = [name for topic in TOPICS for name in topic.values]
    assert len(types) == len(set(types))
    assert len(BY_NAME) == len(TOPICS)
    equal = (BY_NAME["profile.learner.v1"], BY_NAME["profile.interaction.v1"])
    assert equal[0].partitions == equal[1].partitions == 64
