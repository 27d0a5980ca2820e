"""What the worker, the api and the commands of the recommender are told by their environment."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from libs.common.settings import HttpSettings, KafkaSettings, RedisSettings
from services.recommender.domain.career import TAU


class ApiSettings(HttpSettings, KafkaSettings, RedisSettings):
    """The api process. `scratch`: where fetched models are kept. `tau`: how much of a goal's readiness liking can
    outweigh, 0 (the goal alone orders) to 1; the same for workers and apis."""

    scratch: Path | None = None
    tau: Annotated[float, Field(ge=0, le=1)] = TAU


class WorkerSettings(ApiSettings):
    """The worker. `worker_instance` makes its group membership static: a quick restart is no rebalance.

    model_store: the trainer's; its archive has the histories that Redis and the log have lost.
    """

    model_store: str
    worker_instance: str | None = None


class RebuildSettings(RedisSettings):
    """The command that has everything read again."""
