import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import psutil
import pytest

from libs.common.contracts.redis_values import LearnerState
from libs.common.errors import InvalidRequest
from services.recommender.model.als import FoldIn, gram
from services.recommender.model.training import read_tuned
from services.recommender.trainer import fitting
from services.recommender.trainer.archive import Archive
from services.recommender.trainer.columns import Credentials, of_states
from services.recommender.trainer.fit import Job
from services.recommender.trainer.fitting import FitFailed
from services.recommender.trainer.matrix import hold_out, matrix_of, without
from tests.unit.recommender_model.conftest import TWO_FACTORS

SIZE = 60
ENDLESS = msgspec.structs.replace(TWO_FACTORS, iterations=10_000_000)


def _two_tastes(folder: Path) -> tuple[Archive, int, Credentials]:
    """Even learners complete even credentials, odd ones odd; one more has withdrawn from the only one."""
    random = np.random.default_rng(2)
    states = []
    for learner in range(SIZE):
        liked = random.permutation(np.arange(learner % 2, 40, 2))[:12]
        kinds = {f"c{c}": {"complete": 1_000 + i} for i, c in enumerate(liked.tolist())}
        states.append((0, LearnerState(f"l{learner}", 0, interactions=kinds)))
    states.append((0, LearnerState("off", 0, interactions={"x": {"enroll": 1, "withdraw": 2}})))
    credentials, archive = Credentials(), Archive(folder)
    number = archive.save(of_states(states, credentials), credentials.ids, {})
    return archive, number, credentials


def _job(folder: Path, number: int, **changes: object) -> Job:
    job = Job(
        archive=str(folder / "archive"),
        number=number,
        result=str(folder / "result"),
        parent=os.getpid(),
    )
    return msgspec.structs.replace(job, **changes)


async def test_the_child_fits_what_the_archive_holds(tmp_path: Path) -> None:
    """Factors from the child recommend the unseen of the learner's own kind, and say how good they are."""
    _, number, credentials = _two_tastes(tmp_path / "archive")
    await fitting.run(_job(tmp_path, number, tuning=TWO_FACTORS), limit_seconds=240)
    fold, metrics = fitting.take_result(tmp_path / "result", len(credentials))
    liked = [credentials.row(f"c{c}") for c in (2, 4, 6)]
    confidence = np.full(3, fold.alpha, np.float32)
    fold_in = FoldIn(gram(fold.factors), fold.factors[liked], confidence, fold.regularization)
    scores = fold.factors @ fold_in.x
    ranked = [row for row in np.argsort(-scores).tolist() if row not in liked]
    assert all(int(credentials.ids[row][1:]) % 2 == 0 for row in ranked[:17])
    assert metrics["recall_at_20"] == 1
    assert metrics["popularity_recall_at_20"] < 1
    assert metrics["learners"] == SIZE
    assert not (tmp_path / "result").exists()


async def test_credentials_without_a_taste_are_not_trained(tmp_path: Path) -> None:
    """What nobody's taste supports has a row without a factor, and is not among the trained."""
    _, number, credentials = _two_tastes(tmp_path / "archive")
    await fitting.run(_job(tmp_path, number), limit_seconds=240)
    fold, _ = fitting.take_result(tmp_path / "result", len(credentials))
    assert len(fold.factors) == len(credentials)
    assert credentials.row("x") not in fold.trained
    assert not fold.factors[credentials.row("x")].any()


async def test_a_fit_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    """The limit ends the child process, and the failure says so."""
    _, number, _ = _two_tastes(tmp_path / "archive")
    with pytest.raises(FitFailed, match=r"within 0\.2 s"):
        await fitting.run(_job(tmp_path, number, tuning=ENDLESS), limit_seconds=0.2)
    assert not [p for p in psutil.Process().children() if "trainer.fit" in str(p.cmdline())]


async def test_a_fit_without_an_archive_fails(tmp_path: Path) -> None:
    """A child that cannot do its job is a failure with its exit code, not a hanging trainer."""
    with pytest.raises(FitFailed, match="exit code 1"):
        await fitting.run(_job(tmp_path, 5), limit_seconds=240)


async def test_no_fit_outlives_its_trainer(tmp_path: Path) -> None:
    """When the trainer is killed, the kernel ends the child."""
    _, number, _ = _two_tastes(tmp_path / "archive")
    job = _job(tmp_path, number, tuning=ENDLESS)
    script = (
        "import asyncio, msgspec, os, sys\n"
        "from services.recommender.trainer import fitting\n"
        "from services.recommender.trainer.fit import Job\n"
        "job = msgspec.json.decode(sys.argv[1], type=Job)\n"
        "job = msgspec.structs.replace(job, parent=os.getpid())\n"
        "asyncio.run(fitting.run(job, 60))\n"
    )
    trainer = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, msgspec.json.encode(job).decode(), stderr=subprocess.PIPE
    )
    assert trainer.stderr is not None
    while b"fit_sweep" not in await asyncio.wait_for(trainer.stderr.readline(), 240):
        assert trainer.returncode is None
    children = psutil.Process(trainer.pid).children()
    assert children
    trainer.send_signal(signal.SIGKILL)
    await trainer.wait()
    _, alive = await asyncio.to_thread(psutil.wait_procs, children, timeout=10)
    assert not alive


def test_the_newest_credential_is_held_out(tmp_path: Path) -> None:
    """What is held out is each asked learner's last credential, and the rest stays."""
    archive, number, credentials = _two_tastes(tmp_path / "archive")
    columns = archive.read(number).columns
    matrix = matrix_of(columns)
    held_out = hold_out(matrix, np.random.default_rng(1))
    assert len(held_out.learners) == SIZE // 10
    left = without(matrix, held_out)
    assert left.nnz == matrix.weights.nnz - len(held_out.learners)
    places = [
        place
        for place in range(len(columns))
        if columns.state(place, credentials).learner_key != "off"
    ]
    for learner, last in zip(held_out.learners.tolist(), held_out.last.tolist(), strict=True):
        interactions = columns.state(places[learner], credentials).interactions
        newest = max(interactions, key=lambda c: interactions[c]["complete"])
        assert credentials.ids[matrix.items[last]] == newest
        assert left[learner, last] == 0


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"factors": 0}, r"\$\.tuning\.factors"),
        ({"alpha": -3.0}, r"\$\.tuning\.alpha"),
        ({"regularization": 0.0}, r"\$\.tuning\.regularization"),
        ({"weights": {"affinty": 1.0}}, "no such signal: affinty"),
    ],
)
def test_a_settings_file_that_cannot_work_is_refused(
    tmp_path: Path, wrong: dict[str, Any], said: str
) -> None:
    """With what is wrong, before anything is trained with it."""
    tuning = {"factors": 8, "alpha": 30.0, "regularization": 5.0, "iterations": 5}
    weights = wrong.get("weights", {})
    tuning |= {name: value for name, value in wrong.items() if name in tuning}
    path = tmp_path / "settings.json"
    path.write_bytes(msgspec.json.encode({"tuning": tuning, "weights": weights}))
    with pytest.raises(InvalidRequest, match=said):
        read_tuned(path)
