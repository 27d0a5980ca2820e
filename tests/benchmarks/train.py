"""The trainer: events applied with the complete item side, memory, sweeps beside `implicit`, restart.

CPU time of this process, BLAS on one thread. The ceiling of applying is what an event costs without an item
side: its state is read, merged and kept.
"""

import gc
import time
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from msgspec import Struct
from threadpoolctl import threadpool_limits

from deploy.local.keeper import Say
from libs.common.contracts.profile import Interaction
from services.recommender.domain.learner_state import merge
from services.recommender.model.als import gram
from services.recommender.model.learned import snapshot
from services.recommender.model.live import Fold
from services.recommender.model.moved import Followers
from services.recommender.model.ragged import Ragged
from services.recommender.model.solve import solve
from services.recommender.model.training import train
from services.recommender.trainer.archive import Archive
from services.recommender.trainer.columns import Columns, Credentials, of_states
from services.recommender.trainer.learners import Learners
from services.recommender.trainer.matrix import matrix_of
from services.recommender.trainer.states import States
from tests.benchmarks.machine import Machine, machine
from tests.benchmarks.synthetic import BEGAN, HALF_LIFE_HOURS, Synthetic, fold_of, tuning

T = TypeVar("T")
MILLION = 1_000_000
AT_LEAST, AIM = 3_000, 5_000


class Events(Struct, frozen=True):
    """CPU microseconds an event by stage; the events applied, and those merged only (the ceiling), per CPU-second."""

    apply: float
    step: float
    moved: float
    per_second: float
    ceiling_per_second: float
    rows_streamed: float


class Sweep(Struct, frozen=True):
    """CPU seconds of one sweep over both sides: `implicit`'s, and ours from zero factors and from fitted ones."""

    implicit: float
    cold: float
    warm: float
    over_implicit: float


class Restart(Struct, frozen=True):
    """Seconds from the archive to learners ready for events, and CPU seconds."""

    seconds: float
    cpu: float


class TrainReport(Struct, frozen=True):
    """What `--json` writes. `megabytes_per_million`: allocated for the learners and what the item side keeps of
    them, per million interactions, without the archive's columns, which are memory-mapped (`archive_…`);
    `megabytes_per_thousand_credentials`: the item side's rows."""

    machine: Machine
    learners: int
    credentials: int
    interactions: int
    factors: int
    events: Events
    sweep: Sweep
    restart: Restart
    megabytes_per_million: float
    archive_megabytes_per_million: float
    megabytes_per_thousand_credentials: float
    at_least: float = AT_LEAST
    aim: float = AIM
    benchmark: str = "train"


def measure(
    *,
    learners: int,
    credentials: int,
    each: int,
    events: int,
    factors: int,
    step_after: int,
    folder: Path,
    say: Say,
) -> TrainReport:
    """Measures all; `folder` is for the archive."""
    where = machine()
    with threadpool_limits(1, user_api="blas"):
        say(f"drawing {learners * each} interactions")
        data, table = Synthetic(learners, credentials, each), Credentials()
        columns = of_states(((0, state) for state in data.states()), table)
        interactions = len(columns.at)
        Archive(folder).save(columns, table.ids, {})
        say("restarting")
        restart, trained = _restart(folder)
        fold = fold_of(trained, columns, factors)
        trained.live.install(fold)
        say("weighing")
        whole, by_credential = _allocated(folder, fold)
        say(f"applying {events} events")
        applied = _apply(trained, data.events(events + step_after), step_after)
        say("sweeping")
        return TrainReport(
            machine=where,
            learners=learners,
            credentials=credentials,
            interactions=interactions,
            factors=factors,
            events=applied,
            sweep=_sweep(columns, factors),
            restart=restart,
            megabytes_per_million=_per_million(whole - by_credential, interactions),
            archive_megabytes_per_million=_per_million(
                sum(getattr(columns, name).nbytes for name in Columns.__slots__), interactions
            ),
            megabytes_per_thousand_credentials=round(by_credential / len(table) * 1000 / 2**20, 2),
        )


def _restart(folder: Path) -> tuple[Restart, Learners]:
    began, cpu = time.perf_counter(), time.process_time()
    archived = Archive(folder).load()
    assert archived is not None
    learners = Learners(States(archived.columns, archived.credentials), HALF_LIFE_HOURS)
    spent = time.process_time() - cpu
    return Restart(round(time.perf_counter() - began, 3), round(spent, 3)), learners


def _apply(learners: Learners, drawn: Sequence[Interaction], step_after: int) -> Events:
    """The first step's events warm up; a step and its stream follow every `step_after` events."""
    model = snapshot(
        learners.live,
        learners.states.credentials.ids,
        learners.trends(),
        version="benchmark",
        trained_at=BEGAN,
        half_life_hours=HALF_LIFE_HOURS,
        metrics={},
    )
    followers = Followers(model, learners.states.credentials.ids)
    fresh = States(learners.states.columns, Credentials(learners.states.credentials.ids))
    spent, streamed = np.zeros(3), 0
    for start in range(0, len(drawn), step_after):
        some = drawn[start : start + step_after]
        apply = _cpu(lambda some=some: [learners.apply(0, event) for event in some])[0]
        step, changed = _cpu(learners.live.step)
        moved, rows = _cpu(
            lambda changed=changed: followers.moved(learners.live, changed, learners.trends())
        )
        if start:
            spent += apply, step, moved
            streamed += len(rows)
    count = len(drawn) - step_after
    ceiling, _ = _cpu(lambda: _merged(fresh, drawn))
    apply, step, moved = (spent / count * MILLION).round(1).tolist()
    return Events(
        apply=apply,
        step=step,
        moved=moved,
        per_second=round(count / spent.sum()),
        ceiling_per_second=round(len(drawn) / ceiling),
        rows_streamed=round(streamed / count, 3),
    )


def _merged(states: States, drawn: Sequence[Interaction]) -> None:
    for event in drawn:
        states.put(0, merge(states.get(event.learner_key), event))


def _sweep(columns: Columns, factors: int) -> Sweep:
    matrix, settings = matrix_of(columns), tuning(factors)
    train(matrix.weights, settings, progress=lambda sweep: None)
    implicit, both = _cpu(lambda: train(matrix.weights, settings, progress=lambda sweep: None))
    sides = []
    for rows in (matrix.weights, matrix.weights.T.tocsr()):
        side, stored = Ragged(), rows.tocoo()
        side.fill(stored.row, stored.col, stored.data, rows.shape[0])
        sides.append(side)

    def sweep(starts: Sequence[np.ndarray]) -> None:  # type: ignore[type-arg]
        for start, side, others in zip(starts, sides, reversed(both), strict=True):
            solve(
                start,
                np.arange(len(start)),
                side,
                others,
                gram(others).astype(np.float64),
                alpha=settings.alpha,
                regularization=settings.regularization,
            )

    sweep(both)
    cold = _cpu(lambda: sweep([np.zeros_like(start) for start in both]))[0]
    warm = _cpu(lambda: sweep(both))[0]
    each = implicit / settings.iterations
    return Sweep(round(each, 3), round(cold, 3), round(warm, 3), round(cold / each, 3))


def _cpu(act: Callable[[], T]) -> tuple[float, T]:
    began = time.process_time()
    done = act()
    return time.process_time() - began, done


def _allocated(folder: Path, fold: Fold) -> tuple[int, int]:
    """Bytes of everything that a restart and a fit leave allocated; of them the item side's rows."""
    tracemalloc.start()
    _, learners = _restart(folder)
    learners.live.install(fold)
    gc.collect()
    whole, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    live = learners.live
    rows = (live.factors, *live.together, *live.follows)
    return whole, sum(each.nbytes for each in rows)


def _per_million(size: int, interactions: int) -> float:
    return round(size / interactions * MILLION / 2**20, 1)
