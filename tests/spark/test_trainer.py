"""A trainer that is told of a Spark master fits there, and everything after the fit is as ever."""

import threading
from pathlib import Path

import msgspec
import psutil
import pytest

from libs.common.errors import InvalidRequest
from services.recommender.model.live import Fold
from services.recommender.model.store import ModelStore
from services.recommender.model.training import Tuned
from services.recommender.trainer import fitting, spark_fit
from services.recommender.trainer.fitting import take_result
from tests.spark.master import LOCAL
from tests.unit.recommender_model.conftest import TWO_FACTORS, Bench
from tests.unit.recommender_model.test_promotion import of_two_tastes
from tests.unit.recommender_model.test_trainer import recommends_its_kind, two_tastes
from tests.unit.recommender_model.waiting import until


async def test_a_fit_on_spark_passes_the_guard_and_serves(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compared with `implicit`'s model on what neither has learned, it is announced, and followers swap to it."""
    running = _java()
    store, follower = ModelStore(bench.settings().model_store), await bench.follower()
    async with bench.trainer(train_minimum=200):
        await bench.log.send(*two_tastes())
        await until(lambda: recommends_its_kind(follower.model), seconds=120)
    before = store.current()
    assert before is not None
    assert before.metrics["spark"] == 0
    asked = threading.Event()

    def take_when_asked(path: Path, credentials: int) -> tuple[Fold, dict[str, float]]:
        assert asked.wait(120)
        return take_result(path, credentials)

    monkeypatch.setattr(fitting, "take_result", take_when_asked)
    settings = {"train_minimum": 200, "train_after_events": 100, "train_spark_master": LOCAL}
    async with bench.trainer(**settings, train_settings=_quick(bench.folder)) as trainer:
        await bench.log.send(*of_two_tastes(range(40)))
        await until(lambda: trainer._training.events_at_fit > 0, seconds=60)
        learned = trainer._learners.events
        await bench.log.send(*of_two_tastes(range(40, 80)))
        await until(lambda: trainer._learners.events == learned + 160)
        asked.set()
        await until(
            lambda: follower.model is not None and follower.model.version > before.version,
            seconds=120,
        )
    model = follower.model
    assert model is not None
    assert recommends_its_kind(model)
    assert store.current() == store.versions()[0]
    assert model.metrics["spark"] == 1
    assert model.metrics["recall_at_20"] == 1
    assert model.metrics["compared_questions"] >= 50
    assert _java() <= running


def _quick(folder: Path) -> Path:
    """A settings file with few sweeps: on so little data a sweep is a second of Spark's own work."""
    path = folder / "quick.json"
    tuning = msgspec.structs.replace(TWO_FACTORS, iterations=5)
    path.write_bytes(msgspec.json.encode(Tuned(tuning=tuning, weights={})))
    return path


def _java() -> set[int]:
    """The virtual machines that this process has started, itself or through its children."""
    children = psutil.Process().children(recursive=True)
    return {child.pid for child in children if child.name() == "java"}


async def test_a_trainer_without_spark_says_so_at_its_start(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A master is set and the extra is not installed: it ends at once, with what to do."""
    monkeypatch.setattr(spark_fit, "PACKAGES", ("pyspark_that_is_missing",))
    with pytest.raises(InvalidRequest, match=r"requirements-spark\.lock"):
        async with bench.trainer(train_spark_master=LOCAL):
            pass
