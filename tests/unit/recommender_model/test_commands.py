"""The commands about stored models: what is listed, what a rollback goes to, and what stays stored."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import typer

from services.recommender.model.learned import Model, empty
from services.recommender.model.store import ModelStore
from services.recommender.trainer.commands import models, rollback
from services.recommender.trainer.promotion import PARKED, Comparison
from services.recommender.trainer.stored import Stored
from tests.unit.recommender_model.data import NOW

COMPARED = Comparison(questions=300, incumbent=0.2367, challenger=0.1589, low=-0.1018, high=-0.0513)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelStore:
    """Three models of which the second was parked and the third is in force."""
    monkeypatch.setenv("STACKWISE_MODEL_STORE", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "160")
    store = ModelStore(str(tmp_path))
    for number, parked in ((1, False), (2, True), (3, False)):
        store.save(_model(number, parked=parked))
    for in_force in ("v1", "v3"):
        store.set_current(in_force)
    return store


def test_models_are_listed_with_state_figures_and_comparison(
    store: ModelStore, capsys: pytest.CaptureFixture[str]
) -> None:
    """The newest first; a parked one says how much worse it was, and on how many questions."""
    assert store.current() is not None
    models()
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if " v" in line][1:]
    assert [line[0] for line in lines] == ["v3", "v2", "v1"]
    in_force, parked, earlier = (" ".join(line) for line in lines)
    assert "in force" in in_force
    assert "parked" in parked
    assert "0.21" in parked
    assert "-0.0778 [-0.1018, -0.0513] of 300" in parked
    assert "earlier" in earlier


def test_a_rollback_goes_to_the_version_in_force_before(store: ModelStore) -> None:
    """Never by itself to a parked one."""
    rollback()
    assert store.rollback_wish() == "v1"
    store.set_current("v1")
    with pytest.raises(typer.BadParameter, match="no earlier model"):
        rollback()


def test_a_parked_version_is_rolled_to_by_hand_and_back_from(store: ModelStore) -> None:
    """Named it comes into force; from there the way back is to the one in force before it."""
    rollback("v2")
    assert store.rollback_wish() == "v2"
    store.set_current("v2")
    rollback()
    assert store.rollback_wish() == "v3"


def test_a_rollback_never_goes_to_what_was_gone_back_from(store: ModelStore) -> None:
    """Nor, by itself, to a parked version that was once in force."""
    store.save(_model(4, parked=False))
    for in_force in ("v1", "v2", "v4"):  # back from v3, a parked one by hand, and the next fit
        store.set_current(in_force)
    rollback()
    assert store.rollback_wish() == "v1"


def test_parked_versions_do_not_push_the_others_out(store: ModelStore) -> None:
    """However many fits in a row are parked, so many stay stored as of those that were announced."""
    stored = Stored(store, keep=2)
    for number in range(4, 10):
        stored.save(_model(number, parked=True))
    names = [version.version for version in store.versions()]
    assert names == ["v9", "v8", "v7", "v3", "v1"]
    stored.remember("v3")
    assert [version.version for version in store.versions()] == ["v9", "v8", "v3", "v1"]


def test_a_start_without_a_current_version_takes_none_that_was_parked(store: ModelStore) -> None:
    """When nothing says what was in force, the newest that was not parked is taken."""
    store.save(_model(4, parked=True))
    store.set_current("gone")
    found = Stored(store, keep=2).in_force()
    assert found is not None
    assert found[0].version == "v3"


def _model(number: int, *, parked: bool) -> Model:
    metrics = {"live_ndcg_at_20": 0.21}
    if parked:
        metrics |= {**COMPARED.figures(), PARKED: 1.0}
    moment = NOW + timedelta(hours=number)
    return replace(empty(f"v{number}", moment, 24), metrics=metrics)
