"""The archive in the model store: on a disk, in memory and on S3."""

import os
from pathlib import Path

import fsspec
import numpy as np
import pytest

from libs.common.contracts.redis_values import Mark
from services.recommender.model.arrays import Corrupt
from services.recommender.shared_archive import SharedArchive
from services.recommender.trainer.archive import Archive
from services.recommender.trainer.columns import Columns
from tests.unit.recommender_model.conftest import Bench
from tests.unit.recommender_model.events import interaction, snapshot
from tests.unit.recommender_model.test_archive import _learners
from tests.unit.recommender_model.test_artefact import bucket, s3, url
from tests.unit.recommender_model.waiting import until

__all__ = ["bucket", "s3", "url"]
MARKS = {("profile.interaction.v1", 3): Mark(9, "b")}


def _save(folder: Path) -> Path:
    """A new save."""
    states, archive = _learners().states, Archive(folder)
    return archive.path(archive.save(states.columns, states.credentials.ids, MARKS))


def _files(url: str) -> list[str]:
    """What lies in the store's archive, by the path below it."""
    filesystem, path = fsspec.core.url_to_fs(f"{url}/archive", use_listings_cache=False)
    return [file.split("/archive/")[1] for file in filesystem.find(path)]


def test_sharing_and_reading_changes_nothing(url: str, tmp_path: Path) -> None:
    """States and marks come back as they were; nothing stays in the scratch folder."""
    shared, save = SharedArchive(url), _save(tmp_path / "own")
    assert shared.newest() is None
    shared.put(save)
    name = shared.newest()
    assert name is not None
    read, states = shared.read(name, tmp_path / "scratch"), _learners().states
    assert read.marks == MARKS
    assert read.credentials.ids == states.credentials.ids
    for column in Columns.__slots__:
        np.testing.assert_array_equal(
            getattr(read.columns, column), getattr(states.columns, column)
        )
    assert list((tmp_path / "scratch").glob("*")) == []


def test_only_the_newest_stays(url: str, tmp_path: Path) -> None:
    """What was shared before, and what an interrupted share has left, is deleted; the same again is kept."""
    shared = SharedArchive(url)
    shared.put(_save(tmp_path / "own"))
    first = shared.newest()
    filesystem, path = fsspec.core.url_to_fs(url)
    unfinished = f"{path}/archive/{10**13 - 1}-{'0' * 16}"
    filesystem.makedirs(unfinished, exist_ok=True)
    filesystem.pipe_file(f"{unfinished}/at.npy", b"no manifest")
    assert shared.newest() == first
    save = _save(tmp_path / "own")
    shared.put(save)
    assert shared.newest() != first
    files = _files(url)
    assert {file.split("/")[0] for file in files} == {shared.newest()}
    shared.put(save)
    assert _files(url) == files


def test_a_store_on_the_same_disk_takes_no_room(tmp_path: Path) -> None:
    """It has the trainer's own files, which stay readable there when the trainer deletes its folder."""
    shared, save = SharedArchive(str(tmp_path / "models")), _save(tmp_path / "own")
    shared.put(save)
    name = shared.newest()
    assert name is not None
    for file in save.iterdir():
        assert os.path.samefile(file, tmp_path / "models" / "archive" / name / file.name)
    Archive(tmp_path / "own").prune(keep=[])
    assert shared.read(name, None).marks == MARKS


def test_a_corrupt_one_is_refused(url: str, tmp_path: Path) -> None:
    """One altered or missing byte, and nothing of it is used."""
    shared = SharedArchive(url)
    shared.put(_save(tmp_path / "own"))
    name = shared.newest()
    assert name is not None
    filesystem, path = fsspec.core.url_to_fs(f"{url}/archive/{name}")
    filesystem.pipe_file(f"{path}/at.npy", filesystem.cat_file(f"{path}/at.npy")[:-1])
    with pytest.raises(Corrupt):
        shared.read(name, tmp_path)
    filesystem.rm_file(f"{path}/at.npy")
    with pytest.raises(Corrupt):
        shared.read(name, tmp_path)


async def test_a_trainer_without_its_disk_starts_from_the_shared_archive(bench: Bench) -> None:
    """It keeps everybody's history although the log is gone too, and shares no less than there was."""
    async with bench.trainer() as trainer:
        await bench.log.send(snapshot("a", 1), interaction("a", "c1", "enroll", 1))
        await until(lambda: trainer._learners.interactions == 1)
    await bench.log.lose()
    shared = SharedArchive(bench.settings().model_store)
    before = shared.newest()
    changes = {"archive": bench.folder / "another disk" / "archive"}
    async with bench.trainer(**changes) as trainer:
        assert trainer._learners.interactions == 1
        await bench.log.send(interaction("a", "c2", "enroll", 2))
        await until(lambda: trainer._learners.interactions == 2)
    name = shared.newest()
    assert name is not None
    assert name != before
    assert len(shared.read(name, None).columns.at) == 2


async def test_what_was_erased_leaves_the_store_with_the_next_save(bench: Bench) -> None:
    """Of an erased learner the store has an empty marker only, and no older save."""
    async with bench.trainer(archive_every_seconds=0.1) as trainer:
        shared = SharedArchive(bench.settings().model_store)

        def interactions() -> int | None:
            try:
                name = shared.newest()
                return None if name is None else len(shared.read(name, None).columns.at)
            except (Corrupt, FileNotFoundError):
                return None

        await bench.log.send(snapshot("gone", 1), interaction("gone", "secret", "complete", 1))
        await until(lambda: trainer._learners.interactions == 1 and interactions() == 1)
        await bench.log.send(snapshot("gone", 2, 5, erased=True))
        await until(lambda: interactions() == 0)
        folder = Path(bench.settings().model_store, "archive")
        await until(lambda: len(list(folder.iterdir())) == 1)
