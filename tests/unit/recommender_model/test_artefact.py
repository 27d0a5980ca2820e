import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import fsspec
import numpy as np
import pytest
from moto.server import ThreadedMotoServer

from deploy.local.ports import free_port
from libs.common.contracts.item_side import ItemRow
from services.recommender.model import arrays, artefact
from services.recommender.model.arrays import Corrupt
from services.recommender.model.learned import Model, empty
from services.recommender.model.store import ModelStore
from tests.unit.recommender_model.data import NOW, checkerboard, trained


@pytest.fixture(scope="module")
def model() -> Model:
    model = trained(checkerboard(20))
    model.move([ItemRow(epoch=0, seq=0, model_version="v1", credential_id="naïve/id", trend=812.5)])
    return model


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The endpoint of an S3 of the tests' own, with the bucket `models`."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@pytest.fixture
def bucket(s3: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty bucket's url. The store finds it by the standard AWS variables alone."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    fsspec.filesystem("s3").clear_instance_cache()
    name = f"models-{uuid.uuid4().hex}"
    fsspec.filesystem("s3").mkdir(name)
    return f"s3://{name}/stackwise"


@pytest.fixture(params=["local", "memory", "s3"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "local":
        return str(tmp_path / "models")
    if request.param == "s3":
        return str(request.getfixturevalue("bucket"))
    fsspec.filesystem("memory").rm("/", recursive=True)
    return "memory://models"


def test_saving_and_loading_changes_nothing(model: Model, url: str, tmp_path: Path) -> None:
    """A loaded model has the same rows, scores and trends, bit for bit."""
    saved = ModelStore(url).save(model)
    loaded = artefact.load(saved.url, saved.checksum, tmp_path / "scratch")
    assert loaded.item_ids == model.item_ids
    assert loaded.index == model.index
    assert (loaded.version, loaded.trained_at, loaded.metrics) == ("v1", NOW, {})
    history = [("c3", 1.0), ("c7", 0.5)]
    for name in ("affinity", "related", "following"):
        np.testing.assert_array_equal(getattr(loaded, name)(history), getattr(model, name)(history))
    np.testing.assert_array_equal(loaded.trends, model.trends[: len(loaded.trends)])
    np.testing.assert_array_equal(loaded.support, model.support[: len(loaded.support)])
    assert isinstance(loaded.factors, np.memmap)


def test_moving_a_loaded_model_is_its_process_s_own_affair(model: Model, tmp_path: Path) -> None:
    """A loaded model can be written to; the artefact stays what it was, for whoever loads it next."""
    saved = ModelStore(str(tmp_path)).save(model)
    one, other = (artefact.load(saved.url, saved.checksum) for _ in range(2))
    factor = [9.0] * model.factors.shape[1]
    row = ItemRow(
        epoch=0, seq=0, model_version="v1", credential_id="c1", factor=factor, neighbours={}
    )
    one.move([row])
    assert one.factors[one.index["c1"]].tolist() == factor
    for pristine in (other, artefact.load(saved.url, saved.checksum)):
        np.testing.assert_array_equal(pristine.factors, model.factors[: len(pristine.factors)])
        np.testing.assert_array_equal(
            pristine.together.to, model.together.to[: len(pristine.factors)]
        )


def test_the_empty_model_survives_the_store(url: str, tmp_path: Path) -> None:
    """A model without rows can be saved and loaded too."""
    saved = ModelStore(url).save(empty("v0", NOW, 24))
    assert artefact.load(saved.url, saved.checksum, tmp_path).item_ids == []


@pytest.mark.parametrize("name", ["factors.npy", "item_ids.npy", "trends.npy", "manifest.json"])
def test_an_altered_artefact_is_refused(model: Model, tmp_path: Path, name: str) -> None:
    """One changed byte in any file, and nothing of the artefact is used."""
    saved = ModelStore(str(tmp_path)).save(model)
    file = tmp_path / "v1" / name
    raw = bytearray(file.read_bytes())
    raw[-1] ^= 1
    file.write_bytes(raw)
    with pytest.raises(Corrupt):
        artefact.load(saved.url, saved.checksum)


def test_another_artefact_than_the_announced_one_is_refused(model: Model, tmp_path: Path) -> None:
    """A checksum that is not the manifest's is refused, and so is a folder that lacks a file."""
    saved = ModelStore(str(tmp_path)).save(model)
    with pytest.raises(Corrupt):
        artefact.load(saved.url, "0" * 64)
    (tmp_path / "v1" / "gram.npy").unlink()
    with pytest.raises(Corrupt):
        artefact.load(saved.url, saved.checksum)
    with pytest.raises(Corrupt):
        artefact.load(str(tmp_path / "v2"), saved.checksum)


def test_an_altered_remote_artefact_does_not_stay_in_scratch(model: Model, tmp_path: Path) -> None:
    """A bad download is refused and removed, so that the next try starts afresh."""
    memory = fsspec.filesystem("memory")
    memory.rm("/", recursive=True)
    saved = ModelStore("memory://models").save(model)
    good = memory.cat_file("/models/v1/factors.npy")
    memory.pipe_file("/models/v1/factors.npy", good[:-4])
    with pytest.raises(Corrupt):
        artefact.load(saved.url, saved.checksum, tmp_path)
    memory.pipe_file("/models/v1/factors.npy", good)
    assert artefact.load(saved.url, saved.checksum, tmp_path).version == "v1"


def test_an_interrupted_write_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder is there whole or not at all."""

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(arrays, "_write_bytes", fail)
    with pytest.raises(OSError, match="disk full"):
        ModelStore(str(tmp_path)).save(empty("v0", NOW, 24))
    assert list(tmp_path.iterdir()) == []


def test_another_process_sees_what_one_has_done(url: str) -> None:
    """A version, what is announced and a wish are seen at once by whoever has looked before: nothing is cached."""
    ours, theirs = ModelStore(url), ModelStore(url)
    assert theirs.versions() == []
    assert theirs.rollback_wish() is None
    ours.save(empty("a", NOW, 24))
    ours.set_current("a")
    assert [version.version for version in theirs.versions()] == ["a"]
    _elsewhere(url, "b")
    assert [version.version for version in theirs.versions()] == ["b", "a"]
    assert theirs.current() == ours.versions()[1]
    assert theirs.rollback_wish() == "b"


def _elsewhere(url: str, version: str) -> None:
    """Adds a version and a wish as another process does, whose filesystem shares no cache with ours."""
    if url.startswith("memory"):
        store = ModelStore(url)
        store.save(empty(version, NOW, 24))
        store.ask_rollback(version)
        return
    script = (
        "import sys; from datetime import UTC, datetime\n"
        "from services.recommender.model.learned import empty\n"
        "from services.recommender.model.store import ModelStore\n"
        "store = ModelStore(sys.argv[1])\n"
        "store.save(empty(sys.argv[2], datetime(2026, 3, 1, tzinfo=UTC), 24))\n"
        "store.ask_rollback(sys.argv[2])\n"
    )
    subprocess.run([sys.executable, "-c", script, url, version], check=True)


@pytest.mark.parametrize("call", ["rollback_wish", "versions", "current"])
def test_a_store_that_is_away_is_an_os_error(
    bucket: str, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """The trainer tries again after an OSError, so S3 that cannot be reached must be one."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    fsspec.filesystem("s3").clear_instance_cache()
    with pytest.raises(OSError, match="the model store cannot be used"):
        getattr(ModelStore(bucket), call)()


def test_versions_are_listed_pruned_and_rolled_back(url: str) -> None:
    """The newest come first, pruning spares the announced one, and a wish stays until it is settled."""
    store = ModelStore(url)
    assert store.versions() == []
    assert store.current() is None
    for name in ("a", "b", "c", "d"):
        store.save(empty(name, NOW, 24))
    store.set_current("a")
    store.set_current("b")
    assert [version.version for version in store.versions()] == ["d", "c", "b", "a"]
    assert store.prune(keep=1, spare={"b"}) == ["c", "a"]
    assert [version.version for version in store.versions()] == ["d", "b"]
    assert store.current() == store.versions()[1]
    assert store.rollback_wish() is None
    store.ask_rollback("b")
    store.settle_rollback("a")
    assert store.rollback_wish() == "b"
    store.settle_rollback("b")
    assert store.rollback_wish() is None
    with pytest.raises(FileExistsError):
        store.save(empty("b", NOW, 12))


def test_a_save_whose_answer_was_lost_may_be_repeated(url: str, model: Model) -> None:
    """The same model under the same version is what is there already."""
    store = ModelStore(url)
    assert store.save(model) == store.save(model)


def test_a_remote_model_replaces_the_one_before_in_scratch(
    bucket: str, tmp_path: Path, model: Model
) -> None:
    """A process that swaps models for weeks keeps one copy; the one in use stays usable."""
    store = ModelStore(bucket)
    first, second = (store.save(each) for each in (model, empty("v9", NOW, 24)))
    kept = artefact.load(first.url, first.checksum, tmp_path)
    artefact.load(second.url, second.checksum, tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    np.testing.assert_array_equal(kept.factors, model.factors[: len(model.item_ids)])
