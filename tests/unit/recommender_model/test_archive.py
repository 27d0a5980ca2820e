from pathlib import Path

import numpy as np
import pytest

from libs.common.contracts.redis_values import Mark
from services.recommender.trainer.archive import Archive
from services.recommender.trainer.columns import Columns
from services.recommender.trainer.learners import Learners
from services.recommender.trainer.states import States, fold
from tests.unit.recommender_model.events import interaction, snapshot

MARKS = {("profile.learner.v1", 0): Mark(4, "a"), ("profile.interaction.v1", 63): Mark(9, "b")}


def _learners() -> Learners:
    learners = Learners(States(), 24)
    learners.apply(3, snapshot("ünïcode", 1))
    for i in range(30):
        learners.apply(3, interaction(f"l{i % 7}", f"http://x/{i % 5}", "view", i))
    states = learners.states
    states.adopt(fold(states.columns, states.freeze(), states.credentials, 0))
    return learners


def test_saving_and_loading_changes_nothing(tmp_path: Path) -> None:
    """States, credential rows and marks come back as they were, from memory-mapped files."""
    states, archive = _learners().states, Archive(tmp_path / "archive")
    assert archive.load() is None
    archive.save(states.columns, states.credentials.ids, MARKS)
    loaded = archive.load()
    assert loaded is not None
    assert loaded.marks == MARKS
    assert loaded.credentials.ids == states.credentials.ids
    for name in Columns.__slots__:
        np.testing.assert_array_equal(getattr(loaded.columns, name), getattr(states.columns, name))
    assert States(loaded.columns, loaded.credentials).get("l3") == states.get("l3")


def test_an_empty_archive_can_be_saved(tmp_path: Path) -> None:
    """Marks without a learner are kept too: a log may hold nothing that counts."""
    states, archive = States(), Archive(tmp_path)
    archive.save(states.columns, [], MARKS)
    loaded = archive.load()
    assert loaded is not None
    assert (len(loaded.columns), loaded.marks) == (0, MARKS)


@pytest.mark.parametrize("name", ["at.npy", "keys.npy", "credential_ids.npy", "manifest.json"])
def test_a_corrupt_save_is_passed_over(tmp_path: Path, name: str) -> None:
    """One altered byte, and the save before is used, or none: then the log is read from its beginning."""
    states, archive = _learners().states, Archive(tmp_path)
    first = archive.save(states.columns, states.credentials.ids, {})
    second = archive.save(states.columns, states.credentials.ids, MARKS)
    file = archive.path(second) / name
    raw = bytearray(file.read_bytes())
    raw[-1] ^= 1
    file.write_bytes(raw)
    loaded = archive.load()
    assert loaded is not None
    assert loaded.number == first
    archive.prune(keep=[second])
    assert archive.load() is None


def test_pruning_leaves_only_what_is_kept(tmp_path: Path) -> None:
    """Older saves, which may hold what has been erased since, and unfinished ones are deleted."""
    states, archive = _learners().states, Archive(tmp_path)
    for _ in range(3):
        newest = archive.save(states.columns, states.credentials.ids, MARKS)
    (tmp_path / ".000000004.abc").mkdir()
    archive.prune(keep=[newest])
    assert [path.name for path in tmp_path.iterdir()] == ["000000003"]
