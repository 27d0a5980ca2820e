"""The trainer and its followers on a real broker."""

import asyncio
import json
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from libs.common.clock import now
from libs.common.contracts import topics
from libs.common.contracts.catalog import Credential, TaughtSkill
from libs.common.contracts.item_side import ItemRow
from libs.common.contracts.profile import Interaction
from libs.common.kafka.publisher import Publisher
from services.recommender.model.learned import Model
from services.recommender.model.store import ModelStore
from services.recommender.model.trend import NOTHING
from services.recommender.trainer.archive import Archive
from services.recommender.trainer.logs import proven
from services.recommender.trainer.stored import Stored
from services.recommender.trainer.trainer import Superseded
from tests.factories.catalog import credential
from tests.unit.recommender_model.conftest import Bench
from tests.unit.recommender_model.events import interaction, snapshot
from tests.unit.recommender_model.test_artefact import bucket, s3
from tests.unit.recommender_model.waiting import until

__all__ = ["bucket", "s3"]

LEARNERS, EACH = 40, 12


def two_tastes() -> list[Interaction]:
    """Even learners complete even credentials, odd ones odd."""
    random = np.random.default_rng(4)
    return [
        interaction(f"l{learner}", f"c{credential}", "complete", minute)
        for learner in range(LEARNERS)
        for minute, credential in enumerate(
            random.permutation(np.arange(learner % 2, 40, 2))[:EACH].tolist()
        )
    ]


def recommends_its_kind(model: Model | None) -> bool:
    if model is None or not model.factors.any():
        return False
    scores = model.affinity([("c2", 1.0), ("c4", 1.0), ("c6", 1.0)])
    seen = {"c2", "c4", "c6"}
    ranked = [model.item_ids[row] for row in np.argsort(-scores) if model.item_ids[row] not in seen]
    return all(int(item[1:]) % 2 == 0 for item in ranked[:15])


async def test_followers_are_ready_before_anyone_has_done_anything(bench: Bench) -> None:
    """On an empty log an empty model is announced, so that no worker waits for the first learner."""
    follower = await bench.follower()
    assert follower.problem() is not None
    async with bench.trainer() as trainer:
        await until(lambda: follower.caught_up)
        assert trainer.problem() is None
        assert follower.model is not None
        assert follower.model.item_ids == []


async def test_events_become_a_model_that_followers_swap_to(bench: Bench) -> None:
    """From published interactions alone a follower comes to recommend what fits, and the old model serves until then."""
    follower = await bench.follower()
    async with bench.trainer(train_minimum=200):
        await until(lambda: follower.caught_up)
        before = follower.model
        assert before is not None
        await bench.log.send(*two_tastes())
        await until(lambda: recommends_its_kind(follower.model), seconds=120)
        assert before is not follower.model
        assert not before.factors.any()
        assert follower.model is not None
        assert follower.model.metrics["recall_at_20"] > 0.9
        late = await bench.follower()
        await until(lambda: late.caught_up)
        assert late.model is not None
        assert late.model.version == follower.model.version


async def test_trends_reach_followers_without_a_new_model(bench: Bench) -> None:
    """What is taken up now trends within seconds, a credential newer than the model included."""
    follower = await bench.follower()
    async with bench.trainer():
        await until(lambda: follower.caught_up)
        version = follower.model and follower.model.version
        moment = now()
        events = [interaction(f"l{n}", "brand new", "enroll", 0) for n in range(3)]
        await bench.log.send(
            *(Interaction(**{**_fields(event), "occurred_at": moment}) for event in events)
        )
        await until(lambda: follower.model is not None and "brand new" in follower.model.index)
        assert follower.model is not None
        assert follower.model.version == version
        assert follower.model.trend(moment).tolist() == pytest.approx([3.0], rel=0.03)


async def test_a_new_credential_is_recommended_from_its_publication(bench: Bench) -> None:
    """Within seconds it has a factor that its skills suggest; and it keeps it when the trainer is started again."""

    def described(name: str, number: int, revision: int = 1) -> Credential:
        skill = TaughtSkill(id="even" if number % 2 == 0 else "odd")
        return credential(name, skills=[skill], revision=revision)

    def for_even(model: Model | None) -> bool:
        if model is None or "new" not in model.index:
            return False
        even, odd = (model.affinity([(item, 1.0)])[model.index["new"]] for item in ("c2", "c3"))
        return bool(even > 0.1 and even > 2 * odd)

    follower = await bench.follower()
    await bench.log.send(*(described(f"c{n}", n) for n in range(40)), *two_tastes())
    async with bench.trainer(train_minimum=200):
        await until(lambda: recommends_its_kind(follower.model), seconds=120)
        await bench.log.send(described("new", 2))
        await until(lambda: for_even(follower.model), seconds=5)
    late = await bench.follower()
    async with bench.trainer():
        await until(lambda: for_even(late.model))


async def test_a_restart_goes_on_from_the_archive(bench: Bench) -> None:
    """Started again, the trainer has every state and fits nothing; it announces the same model once it has read all."""
    follower = await bench.follower()
    async with bench.trainer(train_minimum=200) as trainer:
        await bench.log.send(*two_tastes(), snapshot("l1", 3))
        await until(lambda: recommends_its_kind(follower.model), seconds=120)
        await until(lambda: trainer.problem() is None)
    assert follower.model is not None
    version, epoch = follower.model.version, follower._side.epoch
    archived = Archive(bench.settings().archive_directory).load()
    assert archived is not None
    assert len(archived.columns) == LEARNERS
    assert len(archived.columns.at) == LEARNERS * EACH
    await bench.log.send(interaction("l0", "c0", "view", 99))
    async with bench.trainer(train_minimum=200) as trainer:
        assert trainer._learners.interactions >= LEARNERS * EACH
        await until(lambda: follower._side.epoch > epoch)
        assert trainer._learners.interactions == LEARNERS * EACH + 1
    assert follower.model.version == version
    assert ModelStore(bench.settings().model_store).versions()[0].version == version


async def test_the_archive_is_saved_while_the_model_store_is_away(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was erased leaves the local archive in time, and states are kept as columns, whatever the store does."""

    def away(_: Stored) -> None:
        raise OSError("the store is away")

    monkeypatch.setattr(Stored, "wanted", away)
    async with bench.trainer(archive_every_seconds=1):
        await bench.log.send(interaction("l1", "c1", "enroll", 0))
        await until(lambda: Archive(bench.settings().archive_directory).load() is not None)


async def test_a_restart_after_the_broker_lost_its_log(bench: Bench) -> None:
    """What was archived is still there when the log is not, and the model is announced to the new topic."""
    async with bench.trainer(train_minimum=200):
        follower = await bench.follower()
        await bench.log.send(*two_tastes())
        await until(lambda: recommends_its_kind(follower.model), seconds=120)
    await bench.log.lose()
    await bench.log.send(*(interaction("late", f"c{n}", "view", n) for n in range(5)))
    late = await bench.follower()
    async with bench.trainer(train_minimum=200) as trainer:
        await until(lambda: recommends_its_kind(late.model))
        await until(lambda: trainer._learners.interactions == LEARNERS * EACH + 5)


async def test_a_lost_topic_is_announced_to_again(bench: Bench) -> None:
    """When the broker loses its log under a running trainer, a follower that starts afterwards gets model and trends."""
    async with bench.trainer() as trainer:
        early = await bench.follower()
        await bench.log.send(interaction("l1", "c1", "enroll", 0))
        await until(lambda: early.model is not None and "c1" in early.model.index)
        await bench.log.lose()
        late = await bench.follower()
        await until(lambda: late.model is not None and "c1" in late.model.index, seconds=60)
        await bench.log.send(interaction("l1", "c2", "enroll", 0))
        await until(lambda: trainer._learners.interactions == 2, seconds=30)


async def test_erasure_leaves_nothing_for_the_next_start(bench: Bench) -> None:
    """After an erasure and a stop neither archive nor trend has anything of the learner but an empty marker."""
    async with bench.trainer() as trainer:
        await bench.log.send(snapshot("gone", 1), interaction("gone", "secret", "complete", 1))
        await until(lambda: trainer._learners.interactions == 1)
        await trainer._saver.save()
        await bench.log.send(snapshot("gone", 2, 5, erased=True))
        await bench.log.send(interaction("gone", "secret", "complete", 2))
    archives = list(bench.settings().archive_directory.iterdir())
    assert len(archives) == 1
    archived = Archive(bench.settings().archive_directory).load()
    assert archived is not None
    assert len(archived.columns.at) == 0
    async with bench.trainer() as trainer:
        assert (trainer._learners.trends() == NOTHING).all()


async def test_a_rollback_is_announced_and_survives_a_restart(bench: Bench) -> None:
    """The version that was asked for comes into force everywhere, and stays in force."""
    store, follower = ModelStore(bench.settings().model_store), await bench.follower()
    async with bench.trainer(train_minimum=200):
        await until(lambda: follower.caught_up)
        first = follower.model and follower.model.version
        assert first is not None
        await bench.log.send(*two_tastes())
        await until(lambda: recommends_its_kind(follower.model), seconds=120)
    async with bench.trainer():
        store.ask_rollback(first)
        await until(lambda: follower.model is not None and follower.model.version == first)
    async with bench.trainer():
        late = await bench.follower()
        await until(lambda: late.caught_up)
        assert late.model is not None
        assert late.model.version == first


async def test_a_wish_to_go_back_outlives_an_outage(bench: Bench) -> None:
    """While Kafka is away the wish stays; when it is back the version comes into force, and the wish is done with."""
    store, follower = ModelStore(bench.settings().model_store), await bench.follower()
    async with bench.trainer(train_minimum=200):
        await until(lambda: follower.caught_up)
        first = follower.model and follower.model.version
        assert first is not None
        await bench.log.send(*two_tastes())
        await until(lambda: recommends_its_kind(follower.model), seconds=120)
        with bench.log.frozen(), capture_logs() as said:
            store.ask_rollback(first)
            await until(lambda: "trainer_tries_again" in {each["event"] for each in said})
            assert store.rollback_wish() == first
        await until(lambda: follower.model is not None and follower.model.version == first)
        await until(lambda: store.rollback_wish() is None)


async def test_a_wish_that_cannot_be_granted_is_refused(bench: Bench) -> None:
    """A version that nobody stored is refused once, aloud, and the model in force stays."""
    store = ModelStore(bench.settings().model_store)
    async with bench.trainer() as trainer:
        announced = trainer._announcer.announced
        with capture_logs() as said:
            store.ask_rollback("never stored")
            await until(lambda: store.rollback_wish() is None)
        refused = [each for each in said if each["event"] == "rollback_refused"]
        assert [(each["version"], each["reason"]) for each in refused] == [
            ("never stored", "no such version")
        ]
        assert trainer._announcer.announced == announced


async def test_a_fit_stopped_while_it_is_taken_over_leaves_rows_flowing(bench: Bench) -> None:
    """If a fit is cancelled in the middle of its adoption, the announced model is gone on from, and rows are streamed."""
    follower = await bench.follower()
    async with bench.trainer() as trainer:
        await until(lambda: follower.caught_up and trainer._stream.model is not None)
        trainer._stream._followers = None  # as `adopt` leaves it when it is cancelled
        await bench.log.send(interaction("l1", "c1", "enroll", 0))
        await until(lambda: follower.model is not None and "c1" in follower.model.index)


async def test_the_later_trainer_wins(bench: Bench) -> None:
    """A trainer that sees a higher epoch ends with a clear error, and leaves the archive alone."""

    async def work() -> None:
        async with bench.trainer():
            started.set()
            await asyncio.sleep(60)

    started = asyncio.Event()
    earlier = asyncio.create_task(work())
    await asyncio.wait_for(started.wait(), 30)
    async with bench.trainer(archive=bench.folder / "elsewhere"):
        with pytest.raises(ExceptionGroup) as caught:
            await asyncio.wait_for(earlier, 30)
        assert caught.group_contains(Superseded)
    assert Archive(bench.settings().archive_directory).load() is None


async def test_what_an_earlier_trainer_overwrote_is_sent_again(bench: Bench) -> None:
    """A row of a lower epoch after our own is ignored by followers, and our row returns to the compacted log."""
    follower = await bench.follower()
    async with bench.trainer():
        await bench.log.send(interaction("l1", "c1", "enroll", 0))
        await until(lambda: follower.model is not None and "c1" in follower.model.index)
        assert follower.model is not None
        trend = follower.model.trends[follower.model.index["c1"]]
        row = ItemRow(epoch=1, model_version="old", seq=9, credential_id="c1", trend=5.0)
        async with bench.log.broker() as broker:
            sent = await Publisher(broker, "recommender").send(topics.ITEM_SIDE, "c1", row)
        await until(lambda: follower._side.reference.read_on_from > sent.offset)
        await until(lambda: "c1" in follower._side.rows and "c1" in follower.model.index)
        assert follower.model.trends[follower.model.index["c1"]] == pytest.approx(trend)


async def test_marks_are_proven_against_the_log(bench: Bench) -> None:
    """A mark holds while its record stands at its offset; in another log, even a longer one, none does."""
    async with bench.trainer() as trainer:
        await bench.log.send(*two_tastes())
        await until(lambda: trainer._learners.interactions == LEARNERS * EACH)
        marks = dict(trainer.marks)
    assert marks
    assert await proven(bench.log.settings, marks) == marks
    await bench.log.lose()
    assert await proven(bench.log.settings, marks) == {}
    await bench.log.send(*two_tastes(), *two_tastes())
    assert await proven(bench.log.settings, marks) == {}


async def test_a_corrupt_artefact_is_not_swapped_to(bench: Bench, tmp_path: Path) -> None:
    """A follower that cannot load a model says why, and loads it once it is whole."""
    async with bench.trainer() as trainer:
        version = trainer._announcer.announced
        assert version is not None
        manifest = tmp_path / "models" / version.version / "manifest.json"
        whole = manifest.read_bytes()
        manifest.write_bytes(json.dumps({**json.loads(whole), "format": 2}).encode())
        follower = await bench.follower()
        await until(lambda: "cannot be loaded" in (follower.problem() or ""))
        manifest.write_bytes(whole)
        await until(lambda: follower.caught_up)


def _fields(event: Interaction) -> dict[str, object]:
    return {name: getattr(event, name) for name in event.__struct_fields__}


async def test_a_model_goes_from_the_trainer_to_its_followers_through_s3(
    bench: Bench, bucket: str
) -> None:
    """With a bucket as the store, a follower swaps to a fit, and one that comes later loads the same."""
    follower = await bench.follower()
    async with bench.trainer(model_store=bucket, train_minimum=200):
        await bench.log.send(*two_tastes())
        await until(lambda: recommends_its_kind(follower.model), seconds=120)
        late = await bench.follower()
        await until(lambda: recommends_its_kind(late.model))
