"""Running the fit beside the trainer: a child process with a limit, and the model made of its result."""

import asyncio
import os
import shutil
import sys
from datetime import datetime
from pathlib import Path

import msgspec
import numpy as np

from libs.common.errors import StackwiseError
from services.recommender.model import arrays
from services.recommender.model.learned import Model
from services.recommender.model.trend import Doubles
from services.recommender.trainer.fit import Fitted, Job

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


def take_result(
    path: Path,
    *,
    version: str,
    trained_at: datetime,
    credentials: list[str],
    trends: Doubles,
    half_life_hours: float,
) -> Model:
    """The model of a result, brought up to the trend of now; the result's folder is deleted.

    credentials and trends: the whole credential table, by row; those without a factor come last.
    Raises Corrupt, or OSError.
    """
    stored, raw = arrays.read(path)
    fitted = msgspec.json.decode(raw, type=Fitted)
    learned = np.asarray(stored["items"])
    trending = np.flatnonzero(trends)
    rows = [*learned.tolist(), *np.setdiff1d(trending, learned).tolist()]
    item_ids = [credentials[row] for row in rows]
    model = Model(
        version=version,
        trained_at=trained_at,
        item_ids=item_ids,
        index={item: row for row, item in enumerate(item_ids)},
        factors=np.array(stored["factors"]),
        gram=np.array(stored["gram"]),
        support=np.array(stored["support"]),
        trends=trends[rows],
        alpha=fitted.tuning.alpha,
        regularization=fitted.tuning.regularization,
        half_life_hours=half_life_hours,
        metrics=fitted.metrics,
    )
    shutil.rmtree(path)
    return model
