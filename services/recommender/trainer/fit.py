"""The child process that fits: reads the archive, trains, measures, writes the factors, exits.

`python -m services.recommender.trainer.fit JOB`, JOB being a `Job` as JSON. It lives no longer than
the trainer. Progress goes to the log.
"""

import ctypes
import os
import signal
import sys
import time
from pathlib import Path

import msgspec
import numpy as np
import structlog
from msgspec import Struct

from libs.common.settings import ProcessSettings, load
from libs.common.telemetry import configure_logs
from services.recommender.model import arrays
from services.recommender.model.als import Floats
from services.recommender.model.training import Tuning, learners_of, train, tuning_for
from services.recommender.trainer.archive import Archive
from services.recommender.trainer.matrix import Matrix, hold_out, matrix_of, without
from services.recommender.trainer.quality import quality
from services.recommender.trainer.spark_fit import train_on_spark

log = structlog.get_logger()

_PR_SET_PDEATHSIG = 1
_LAST_SWEEPS = 2
_WARM_SWEEPS = 2
_PROGRESS_SECONDS = 1.0


class Job(Struct, frozen=True, kw_only=True):
    """What to fit, from where, and where the result goes; `parent` is the trainer's process id.

    start: a folder with the live factors (`Warm`), gone on from if they were trained as this fit is to train.
    spark_master: where Spark trains; without one `implicit` does, in this process.
    """

    archive: str
    number: int
    result: str
    start: str | None = None
    parent: int
    threads: int = 1
    niceness: int = 0
    tuning: Tuning | None = None
    spark_master: str | None = None


class Warm(Struct, frozen=True, kw_only=True):
    """The facts of a start; its array is factors (n, f), by credential row."""

    alpha: float
    regularization: float


class Fitted(Struct, frozen=True, kw_only=True):
    """The facts of a result; its arrays are items (n,) credential rows and their factors (n, f)."""

    tuning: Tuning
    metrics: dict[str, float]


def fit(job: Job) -> None:
    """Does the job. Raises Corrupt or OSError when archive or result cannot be used."""
    started = time.monotonic()
    matrix = matrix_of(Archive(Path(job.archive)).read(job.number).columns)
    learners, credentials = matrix.weights.shape
    tuning = job.tuning or tuning_for(learners, credentials, matrix.weights.nnz)
    log.info("fit_started", learners=learners, credentials=credentials, tastes=matrix.weights.nnz)
    start = None if job.start is None else _start(Path(job.start), matrix, tuning)
    if job.spark_master is None:
        factors, metrics = train_on(matrix, tuning, job.threads, start)
    else:
        factors, metrics = train_on_spark(matrix, tuning, job.spark_master)
    metrics |= {
        "learners": float(learners),
        "credentials": float(credentials),
        "tastes": float(matrix.weights.nnz),
        "warm": float(start is not None),
        "spark": float(job.spark_master is not None),
        "seconds": round(time.monotonic() - started, 2),
    }
    arrays.write(
        Path(job.result),
        {"items": matrix.items, "factors": factors},
        Fitted(tuning=tuning, metrics=metrics),
    )
    log.info("fit_done", **metrics)


def train_on(
    matrix: Matrix, tuning: Tuning, threads: int, start: Floats | None = None
) -> tuple[Floats, dict[str, float]]:
    """Trains without what is held out, measures, and ends with sweeps over everything.

    start: credential factors to go on from, by column: few sweeps are enough then (a warm sweep). They have
    seen what is held out, so what is measured is a little flattered.
    """
    logged, first = time.monotonic(), tuning

    def progress(sweep: int) -> None:
        nonlocal logged
        if time.monotonic() - logged >= _PROGRESS_SECONDS:
            logged = time.monotonic()
            log.info("fit_sweep", sweep=sweep, of=first.iterations + _LAST_SWEEPS)

    held_out = hold_out(matrix, np.random.default_rng(1))
    part, began = without(matrix, held_out), None
    if start is not None:
        first = msgspec.structs.replace(tuning, iterations=_WARM_SWEEPS)
        began = learners_of(part, start, tuning), start
    factors = train(part, first, start=began, progress=progress, threads=threads)
    metrics = quality(matrix, held_out, factors[1], tuning)
    last = msgspec.structs.replace(tuning, iterations=_LAST_SWEEPS)
    _, items = train(
        matrix.weights,
        last,
        start=factors,
        threads=threads,
        progress=lambda sweep: progress(first.iterations + sweep),
    )
    return items, metrics


def _start(path: Path, matrix: Matrix, tuning: Tuning) -> Floats | None:
    """The start's factors by column of the matrix; None when they were trained otherwise."""
    stored, raw = arrays.read(path)
    warm, factors = msgspec.json.decode(raw, type=Warm), stored["factors"]
    trained = (factors.shape[1], warm.alpha, warm.regularization)
    if trained != (tuning.factors, tuning.alpha, tuning.regularization):
        return None
    start: Floats = np.zeros((len(matrix.items), tuning.factors), np.float32)
    known = matrix.items < len(factors)
    start[known] = factors[matrix.items[known]]
    return start


def _die_with(parent: int) -> None:
    """Linux ends this process when the thread's parent ends; elsewhere the trainer's limit does."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise SystemExit("the trainer that asked for this fit has gone")


def main() -> None:
    job = msgspec.json.decode(sys.argv[1], type=Job)
    _die_with(job.parent)
    os.nice(job.niceness)
    configure_logs("recommender", "fit", load(ProcessSettings))
    fit(job)


if __name__ == "__main__":
    main()
