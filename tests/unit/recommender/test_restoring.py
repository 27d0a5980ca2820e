"""What Redis and the log have lost comes back from the trainer's archive, and nothing that must not."""

from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from libs.common.contracts.profile import HeldSkill, Interaction
from libs.common.contracts.redis_values import LearnerState, Lookup, Mark
from libs.common.contracts.topics import INTERACTION, LEARNER
from libs.common.kafka.publisher import Sent
from services.recommender.shared_archive import SharedArchive
from services.recommender.trainer.archive import Archive
from services.recommender.trainer.columns import Credentials, of_states
from services.recommender.worker.metrics import RESTORED
from tests.unit.recommender.conftest import Stack
from tests.unit.recommender.events import Event, at, erased, interaction, learner, message
from tests.unit.recommender.test_worker import (
    KEYS,
    applied,
    directly,
    lives,
    population,
    publish,
    until,
    wrong,
)


def share(stack: Stack, folder: Path, events: Sequence[Event], sent: Iterable[Sent]) -> None:
    """Puts into the model store what a trainer that has read these events would."""
    marks: dict[tuple[str, int], Mark] = {}
    where = {}
    for event, record in zip(events, sent, strict=True):
        topic = INTERACTION if isinstance(event, Interaction) else LEARNER
        marks[topic.name, record.partition] = Mark(record.offset, record.record_id)
        where[event.learner_key] = record.partition
    credentials = Credentials()
    states = ((where[key], state) for key, state in directly(events).items())
    columns = of_states(states, credentials)
    archive = Archive(folder / "archive")
    number = archive.save(columns, credentials.ids, marks)
    SharedArchive(str(stack.model_store)).put(archive.path(number))


async def lose_everything(stack: Stack) -> None:
    """Redis is empty, and so are the topics."""
    await stack.client.flushall()
    await stack.disconnect()
    await stack.broker.replace()
    await stack.provision()


async def log_recreated(stack: Stack, events: Sequence[Event]) -> list[Sent]:
    """Redis and the logs are lost; the learners alone are published again, as profile does."""
    await lose_everything(stack)
    return await stack.send(*map(message, events))


def outcomes() -> dict[str, float]:
    """How often each thing was done so far."""
    return {
        sample.labels["outcome"]: sample.value
        for metric in RESTORED.collect()
        for sample in metric.samples
        if sample.name.endswith("_total")
    }


def since(before: dict[str, float]) -> set[str]:
    """What has been done since."""
    return {outcome for outcome, count in outcomes().items() if count > before.get(outcome, 0)}


async def test_histories_outlive_redis_and_the_log(stack: Stack, tmp_path: Path) -> None:
    """Under a running worker both are lost; states are again those of all events, with whole profiles."""
    await stack.work()
    skilled = [learner(key, skills=[HeldSkill(id="s", level=0.5)], revision=4) for key in KEYS]
    before = [*skilled, *lives(240)]
    share(stack, tmp_path, before, await publish(stack, before))
    sent = await log_recreated(stack, skilled)
    after = lives(120, seed=8)
    sent += await stack.send(*map(message, after))
    events = [*skilled, *after]
    everything = [*before, *after]

    async def whole() -> bool:
        where = dict(zip((e.learner_key for e in events), sent, strict=True))
        return not await wrong(stack, [where[e.learner_key] for e in everything], everything)

    await until(whole)
    await until(lambda: applied(stack, sent, events))
    assert await stack.lookup(f"learner of {KEYS[0]}") is not None


async def test_a_started_worker_goes_on_behind_the_archive(stack: Stack, tmp_path: Path) -> None:
    """What is older than the log comes from the archive, what is newer from the log, and the position covers both."""
    lost, kept = interaction("lost", key="a"), interaction("kept", key="a")
    sent = await stack.send(*map(message, [learner("a"), kept]))
    share(stack, tmp_path, [learner("a"), lost, kept], [sent[0], sent[1], sent[1]])
    outcomes_before = outcomes()
    await stack.work()
    mark = Mark(sent[1].offset, sent[1].record_id)

    async def restored() -> bool:
        offsets = await stack.offsets(sent[1].partition)
        return offsets is not None and offsets.interaction == mark

    await until(restored)
    state, offsets = (
        await stack.state(sent[1].partition, "a"),
        await stack.offsets(sent[1].partition),
    )
    assert state is not None
    assert offsets is not None
    assert set(state.interactions) == {"lost", "kept"}
    assert (state.position, state.log) == (mark.offset, offsets.log)
    assert state.profile is not None
    assert state.profile.learner_id == "learner of a"
    assert "archive_and_on" in since(outcomes_before)
    (last,) = await publish(stack, [interaction("new", key="a")])
    state = await stack.state(last.partition, "a")
    assert state is not None
    assert set(state.interactions) == {"lost", "kept", "new"}
    assert (state.position, state.log) == (last.offset, offsets.log)


async def test_surviving_states_are_joined(stack: Stack, tmp_path: Path) -> None:
    """Where only the offsets are lost, states keep what neither the archive nor the log has."""
    async with AsyncExitStack() as first:
        await stack.work(first)
        (_, sent) = await publish(stack, [learner("a"), interaction("redis", key="a")])
        before = await stack.state(sent.partition, "a")
    archived = [learner("a"), interaction("archive", key="a", occurred_at=at(5))]
    share(stack, tmp_path, archived, [sent, sent])
    kept = await stack.client.get(f"{{p{sent.partition}}}:state:a")
    await lose_everything(stack)
    await stack.client.set(f"{{p{sent.partition}}}:state:a", kept)
    await stack.work()

    async def joined() -> bool:
        state = await stack.state(sent.partition, "a")
        return state is not None and set(state.interactions) == {"redis", "archive"}

    await until(joined)
    state = await stack.state(sent.partition, "a")
    assert before is not None
    assert state is not None
    assert state.profile == before.profile


@pytest.mark.parametrize(
    "end",
    [
        erased("a", revision=2),
        learner("a", personalization=False, revision=2, consent_changed_at=at(2)),
        learner("a", revision=2, consent_changed_at=at(2)),
    ],
    ids=["erased", "withdrawn", "renewed"],
)
async def test_what_ended_after_the_archive_does_not_come_back(
    stack: Stack, tmp_path: Path, end: Event
) -> None:
    """An erasure, a withdrawal and a renewed consent are newer than what the archive has."""
    archived = [learner("a"), interaction("old", key="a"), learner("b"), interaction(key="b")]
    share(stack, tmp_path, archived, await stack.send(*map(message, archived)))
    last = [learner("a"), *(learner(f"other-{i}") for i in range(300)), end, learner("b")]
    sent = await log_recreated(stack, last)
    await stack.work()
    partition, other = sent[0].partition, sent[-1].partition

    async def restored() -> bool:
        state = await stack.state(other, "b")
        return state is not None and "c1" in state.interactions

    await until(restored)
    late = interaction("older consent", key="a")
    await publish(stack, [late])
    state = await stack.state(partition, "a")
    assert state is not None
    assert state.interactions == {}
    assert state.erased is (isinstance(end, type(learner())) and end.erased)
    assert await stack.ranked(partition, "a") is None or state.consented


async def test_an_archived_erasure_waits_for_its_snapshot(stack: Stack, tmp_path: Path) -> None:
    """The state is empty at once; the lookup is emptied by the snapshot, when profile publishes it again."""
    async with AsyncExitStack() as first:
        await stack.work(first)
        (sent,) = await publish(stack, [learner("a")])
    kept = {key: await stack.client.get(key) for key in await stack.client.keys("*a*")}
    share(stack, tmp_path, [erased("a")], [sent])
    await lose_everything(stack)
    await stack.client.mset(kept)
    await stack.client.delete(f"{{p{sent.partition}}}:offsets")
    await stack.work()

    async def empty() -> bool:
        state = await stack.state(sent.partition, "a")
        return state is not None and state.erased

    await until(empty)
    await publish(stack, [erased("a")])
    state = await stack.state(sent.partition, "a")
    assert state == LearnerState("a", state.consent_changed_at, erased=True, consented=False)
    assert await stack.lookup("learner of a") == Lookup(sent.partition, None, 9)


@pytest.mark.parametrize("damage", ["absent", "corrupt"])
async def test_without_a_good_archive_the_log_is_read(
    stack: Stack, tmp_path: Path, damage: str
) -> None:
    """All that the log says is there, and it is counted that nothing else is."""
    events = [*population(), *lives(120)]
    sent = await stack.send(*map(message, events))
    if damage == "corrupt":
        share(stack, tmp_path, events, sent)
        (file,) = (stack.model_store / "archive").glob("*/at.npy")
        file.write_bytes(file.read_bytes()[:-1] + b"\xff")
    before = outcomes()
    await stack.work()
    await until(lambda: applied(stack, sent, events))
    assert await wrong(stack, sent, events) == []
    assert since(before) == {"log_only"}


async def test_a_store_that_is_away_is_waited_for(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Going on without the archive would lose it for good: interactions wait."""
    events = [learner("a"), interaction("lost", key="a")]
    share(stack, tmp_path, events, await stack.send(*map(message, events)))
    await log_recreated(stack, [learner("a")])
    newest, tries = SharedArchive.newest, []

    def away(self: SharedArchive) -> str | None:
        tries.append(self)
        if len(tries) < 3:
            raise OSError("away")
        return newest(self)

    monkeypatch.setattr(SharedArchive, "newest", away)
    ownership = await stack.work()
    assert ownership.problem() is not None or len(tries) >= 3
    (sent,) = await publish(stack, [interaction("new", key="a")])
    state = await stack.state(sent.partition, "a")
    assert state is not None
    assert set(state.interactions) == {"lost", "new"}
