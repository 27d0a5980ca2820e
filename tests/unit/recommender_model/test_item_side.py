"""Followers of the item side: whatever part of the topic a process has read, it ends with the trainer's model."""

from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import numpy as np
import pytest

from libs.common.contracts import topics
from libs.common.contracts.item_side import ItemRow, ItemSide, ModelReference, item_key
from libs.common.kafka.broker import make_broker
from libs.common.kafka.records import Record
from libs.common.settings import KafkaSettings
from services.recommender.item_side import ItemSideFollower
from services.recommender.model.learned import Model
from services.recommender.model.live import Fold, Live
from services.recommender.model.moved import Followers
from services.recommender.model.store import ModelStore, Version
from tests.unit.recommender_model.data import NOW, TUNING, checkerboard, trained
from tests.unit.recommender_model.waiting import until

SIZE, EPOCH = 20, 7


class Trainer:
    """What the trainer has sent: a topic in memory, of which `compacted` is what compaction leaves."""

    def __init__(self, store: ModelStore) -> None:
        self._store = store
        self.topic: list[ItemSide] = []
        weights = checkerboard(SIZE)
        self.ids = [f"c{row}" for row in range(SIZE)]
        self.live = Live()
        for learner in range(SIZE):
            self.live.put(
                learner, weights[learner].indices.tolist(), weights[learner].data.tolist()
            )
        self.announce("v1", EPOCH)

    @property
    def model(self) -> Model:
        return self._followers.model

    def announce(self, version: str, epoch: int) -> Version:
        model = trained(checkerboard(SIZE), version=version)
        rows = np.arange(SIZE)
        priors = np.zeros_like(model.factors)
        self.live.mark()
        self.live.install(Fold(model.factors, rows, TUNING.alpha, TUNING.regularization, priors))
        stored = self._store.save(model)
        self._followers, self._epoch, self._version = Followers(model, self.ids), epoch, stored
        self.refer()
        return stored

    def refer(self) -> None:
        self.topic.append(
            ModelReference(
                epoch=self._epoch,
                version=self._version.version,
                seq=len(self.topic),
                url=self._version.url,
                checksum=self._version.checksum,
                trained_at=NOW,
                read_on_from=len(self.topic),
            )
        )

    def take_up(self, learner: int, *rows: int) -> None:
        """The learner comes to like these alone, and what moves by that is sent."""
        while max(rows) >= len(self.ids):
            self.ids.append(f"c{len(self.ids)}")
        self.live.put(learner, rows, [1.0] * len(rows))
        trends = np.linspace(500, 600 + learner, len(self.ids))
        for row in self._followers.moved(self.live, self.live.step(), trends):
            self.send(row, self._epoch)

    def send(self, row: ItemRow, epoch: int) -> None:
        fields = {name: getattr(row, name) for name in row.__struct_fields__}
        self.topic.append(ItemRow(**{**fields, "epoch": epoch, "seq": len(self.topic)}))

    def compacted(self) -> list[tuple[int, ItemSide]]:
        """Of each key the last record, with its offset."""
        last = {item_key(value): offset for offset, value in enumerate(self.topic)}
        return [(offset, self.topic[offset]) for offset in sorted(last.values())]


@pytest.fixture
def trainer(tmp_path: Path) -> Trainer:
    return Trainer(ModelStore(str(tmp_path / "models")))


@pytest.fixture
async def follower() -> AsyncIterator[ItemSideFollower]:
    """A follower whose topic is what the test gives it; its broker is never started."""
    settings = KafkaSettings(kafka_bootstrap="127.0.0.1:1")
    follower = ItemSideFollower(make_broker(settings, client_id="follower"))
    yield follower
    await follower.close()


async def read(follower: ItemSideFollower, values: Iterable[tuple[int, ItemSide]]) -> Model:
    """The follower's model after these records."""
    await follower.handle([_record(offset, value) for offset, value in values])
    await until(lambda: follower._in_use is follower._side.reference)
    assert follower.model is not None
    return follower.model


def same(one: Model, other: Model) -> None:
    """Fails unless both rank the same, whatever the order of their rows; trends and factors to rounding."""
    assert one.version == other.version
    assert set(one.item_ids) == set(other.item_ids)
    at = [other.index[item] for item in one.item_ids]
    n = len(at)
    np.testing.assert_allclose(one.factors[:n], other.factors[at], rtol=1e-5)
    np.testing.assert_allclose(one.gram, other.gram, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(one.trends[:n], other.trends[at], rtol=1e-9)
    for history in ([("c1", 1.0), ("c4", 0.5)], [("c22", 1.0)]):
        for signal in ("affinity", "related", "following"):
            ours, theirs = getattr(one, signal)(history), getattr(other, signal)(history)
            np.testing.assert_allclose(ours, theirs[at], rtol=1e-4, atol=1e-5)


async def test_who_was_there_from_the_start_and_who_comes_late_have_the_same(
    trainer: Trainer, follower: ItemSideFollower
) -> None:
    """Record by record, and from what compaction has left at the end, the model is the trainer's."""
    for learner in range(6):
        trainer.take_up(learner, 22 - learner, learner, (learner * 7 + 1) % SIZE)
    model = await read(follower, [(0, trainer.topic[0])])
    for offset, value in list(enumerate(trainer.topic))[1:]:
        model = await read(follower, [(offset, value)])
    same(model, trainer.model)
    settings = KafkaSettings(kafka_bootstrap="127.0.0.1:1")
    late = ItemSideFollower(make_broker(settings, client_id="late"))
    assert len(trainer.compacted()) < len(trainer.topic)
    same(await read(late, trainer.compacted()), trainer.model)


async def test_rows_that_come_while_a_model_is_loaded_are_in_it(
    trainer: Trainer, follower: ItemSideFollower
) -> None:
    """The reference and the rows after it may come in any batches."""
    await follower.handle([_record(0, trainer.topic[0])])
    trainer.take_up(1, 2, 4)
    same(await read(follower, list(enumerate(trainer.topic))[1:]), trainer.model)


async def test_rows_of_another_model_are_not_applied(
    trainer: Trainer, follower: ItemSideFollower
) -> None:
    """Neither rows of the model before, which compaction leaves before the reference, nor stray ones after it."""
    trainer.take_up(1, 2, 4)
    stray = next(value for value in trainer.topic if isinstance(value, ItemRow))
    trainer.announce("v2", EPOCH)
    trainer.send(stray, EPOCH)
    same(await read(follower, trainer.compacted()), trainer.model)
    assert follower._side.rows == {}


async def test_an_earlier_trainer_is_ignored(trainer: Trainer, follower: ItemSideFollower) -> None:
    """Reference and rows of a lower epoch change nothing once a higher one has spoken."""
    trainer.take_up(1, 2, 4)
    model = await read(follower, enumerate(trainer.topic))
    row = ItemRow(epoch=EPOCH - 1, model_version="v1", seq=1, credential_id="c1", trend=900.0)
    await follower.handle([_record(99, row)])
    same(model, trainer.model)
    before, reference = follower._side.reference, trainer.topic[0]
    assert isinstance(reference, ModelReference)
    fields = {name: getattr(reference, name) for name in reference.__struct_fields__}
    await follower.handle([_record(100, ModelReference(**{**fields, "epoch": EPOCH - 1}))])
    assert follower._side.reference is before


async def test_a_restarted_trainer_starts_from_the_artefact_again(
    trainer: Trainer, follower: ItemSideFollower
) -> None:
    """The same model under a higher epoch: rows of the epoch before are forgotten, as the new trainer does."""
    trainer.take_up(1, 2, 4)
    before = await read(follower, enumerate(trainer.topic))
    read_so_far = len(trainer.topic)
    trainer._followers = Followers(trained(checkerboard(SIZE)), trainer.ids)
    trainer._epoch = EPOCH + 1
    trainer.refer()
    model = await read(follower, list(enumerate(trainer.topic))[read_so_far:])
    assert model is not before
    same(model, trained(checkerboard(SIZE)))


def _record(offset: int, value: ItemSide) -> Record:
    return Record(
        topic=topics.ITEM_SIDE.name,
        partition=0,
        offset=offset,
        key=item_key(value),
        id=str(offset),
        type="",
        time=NOW,
        value=value,
        fault=None,
        raw=None,
        traceparent=None,
    )
