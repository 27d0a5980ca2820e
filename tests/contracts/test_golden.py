"""Every committed example decodes, for ever, and says the same as when it was written."""

import json
from pathlib import Path

import msgspec
import pytest
from jsonschema import Draft202012Validator

from libs.common.contracts.schemas import current
from libs.common.contracts.topics import TOPICS

FOLDER = Path(__file__).parents[2] / "libs/common/contracts/golden"
EXAMPLES = sorted(FOLDER.glob("*.json"))
KINDS = {name: kind for topic in TOPICS for name, kind in topic.values.items()}
KEYS = {name: topic.key_of for topic in TOPICS for name in topic.values}


def type_of(example: Path) -> str:
    """`catalog.skill.v1-full.json` is of type `catalog.skill.v1`."""
    return example.stem.rsplit("-", 1)[0]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_decodes_and_says_what_it_said(example: Path) -> None:
    """It fits its schema, has a key, and what we would write of it holds everything that it holds."""
    written = json.loads(example.read_text("utf-8"))
    name = type_of(example)
    Draft202012Validator(current()[name]).validate(written)
    value = msgspec.json.decode(example.read_bytes(), type=KINDS[name])
    assert isinstance(KEYS[name](value), str)
    again = json.loads(msgspec.json.encode(value))
    assert {key: again[key] for key in written} == written


def test_every_type_has_a_minimal_and_a_full_example() -> None:
    """A minimal one has the required fields only, a full one has all."""
    names = {(type_of(example), example.stem.rsplit("-", 1)[1]) for example in EXAMPLES}
    assert names == {(name, size) for name in KINDS for size in ("minimal", "full")}
    for name, schema in current().items():
        body = schema["$defs"][schema["$ref"].rsplit("/", 1)[-1]]
        minimal, full = (
            json.loads((FOLDER / f"{name}-{size}.json").read_text("utf-8"))
            for size in ("minimal", "full")
        )
        assert set(minimal) == set(body.get("required", ()))
        assert set(full) == set(body["properties"])
