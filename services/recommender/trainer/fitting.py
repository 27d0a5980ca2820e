"""Running the fit beside the trainer: a child process with a limit, and what it has found."""

import asyncio
import os
import shutil
import sys
from pathlib import Path

import msgspec
import numpy as np

from libs.common.errors import StackwiseError
from services.recommender.model import arrays
from services.recommender.model.live import Fold, Start
from services.recommender.trainer.fit import Fitted, Job, Warm
from services.recommender.trainer.folds import placed

_ROOT = Path(__file__).parents[3]
_ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


class FitFailed(StackwiseError):
    """A fit that ended without a result; the model in use stays."""


async def run(job: Job, limit_seconds: float) -> None:
    """Fits in a child process and waits for it. Raises FitFailed when it fails or exceeds its limit.

    The child is gone when this returns, however it returns.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.recommender.trainer.fit",
        msgspec.json.encode(job).decode(),
        cwd=_ROOT,
        env={**os.environ, **dict.fromkeys(_ONE_THREAD, "1")},
    )
    try:
        code = await asyncio.wait_for(child.wait(), limit_seconds)
    except TimeoutError as error:
        raise FitFailed(f"no result within {limit_seconds:g} s") from error
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if code:
        raise FitFailed(f"the fitting process ended with exit code {code}")


def give_start(path: Path, start: Start) -> None:
    """Writes what a fit can go on from, in place of what is there. Raises OSError."""
    shutil.rmtree(path, ignore_errors=True)
    facts = Warm(alpha=start.alpha, regularization=start.regularization)
    arrays.write(path, {"factors": start.factors}, facts)


def take_result(path: Path, credentials: int) -> tuple[Fold, dict[str, float]]:
    """The result by row of the table of `credentials`, and its metrics; the result's folder is deleted.

    Raises FitFailed, Corrupt, or OSError.
    """
    stored, raw = arrays.read(path)
    if not np.isfinite(stored["factors"]).all():
        raise FitFailed("the factors are not finite")
    fitted = msgspec.json.decode(raw, type=Fitted)
    fold = placed(stored["factors"], stored["items"], credentials, fitted.tuning)
    shutil.rmtree(path)
    return fold, fitted.metrics
