"""The view without Kafka: from scratch, else from the catalog's dump."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from libs.common.contracts import topics
from libs.common.errors import Unavailable
from services.gateway.catalog import keeping
from services.gateway.catalog.keeping import FILE, Keeping
from services.gateway.catalog.view import CatalogView
from tests.factories.catalog import credential, occupation, regulation, skill
from tests.support.waiting import until
from tests.unit.gateway.fakes import FakeTables


def view(*, caught_up: bool = False) -> CatalogView:
    made = CatalogView(FakeTables)
    tables: Any = made.tables
    tables.caught_up = caught_up
    return made


async def no_dump() -> bytes:
    raise Unavailable("the catalog is away")


async def test_a_saved_view_is_the_same_when_it_is_restored(tmp_path: Path) -> None:
    """All five kinds, and it is well enough to answer with."""
    before = view(caught_up=True)
    for snapshot in (
        credential("http://x/é"),
        skill("s"),
        occupation("o"),
        regulation("o", "US-CA"),
    ):
        before.apply(snapshot)
    await Keeping(before, tmp_path / "new", no_dump).save()
    after = view()
    await Keeping(after, tmp_path / "new", no_dump).restore()
    assert after.loaded
    for topic in topics.CATALOG:
        assert after.tables.get(topic) == before.tables.get(topic)


async def test_a_view_that_is_not_whole_is_not_saved(tmp_path: Path) -> None:
    """Half a catalog in scratch would be taken for all of it at the next start."""
    behind = view()
    behind.apply(credential("a"))
    await Keeping(behind, tmp_path, no_dump).save()
    assert not (tmp_path / FILE).exists()


@pytest.mark.parametrize("damage", [lambda b: b[:-5], lambda b: b"", lambda b: b"x" + b])
async def test_a_torn_file_is_passed_over(tmp_path: Path, damage: Any) -> None:
    """It is as if there were none."""
    whole = view(caught_up=True)
    whole.apply(credential("a"))
    await Keeping(whole, tmp_path, no_dump).save()
    file = tmp_path / FILE
    file.write_bytes(damage(file.read_bytes()))
    after = view()
    await Keeping(after, tmp_path, no_dump).restore()
    assert not after.loaded


async def test_without_kafka_and_scratch_the_dump_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As soon as the catalog answers; then it is saved for the next start."""
    monkeypatch.setattr(keeping, "PATIENCE_SECONDS", 0.01)
    line = {"topic": topics.CREDENTIAL.name, "value": credential("a")}
    answers = [Unavailable("away"), msgspec.json.encode(line) + b"\n"]

    async def dump() -> bytes:
        answer = answers.pop(0)
        if isinstance(answer, Unavailable):
            raise answer
        return answer

    filled = view()
    running = asyncio.create_task(Keeping(filled, tmp_path, dump).run())

    async def saved() -> bool:
        return (tmp_path / FILE).exists()

    await until(saved, bool, seconds=5)
    running.cancel()
    assert filled.loaded
    assert "a" in filled.credentials


async def test_an_older_snapshot_changes_nothing(tmp_path: Path) -> None:
    """What Kafka said meanwhile is newer than what was saved."""
    saved = view(caught_up=True)
    saved.apply(credential("a", name="old", revision=1))
    await Keeping(saved, tmp_path, no_dump).save()
    after = view()
    after.apply(credential("a", name="new", revision=2))
    await Keeping(after, tmp_path, no_dump).restore()
    assert after.credentials["a"].name == "new"
