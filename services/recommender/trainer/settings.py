"""What the trainer is configured with."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, PositiveInt, StringConstraints

from libs.common.settings import HttpSettings, KafkaSettings, Seconds

SparkMaster = Annotated[
    str, StringConstraints(pattern=r"^(local(\[[^\]]+\])?$|spark://|k8s://|yarn$)")
]


class Settings(HttpSettings, KafkaSettings):
    """model_store: where models go, a directory or fsspec url. scratch: a directory that survives restarts.

    The archive of all interactions is in `archive`, by default a folder of `scratch`: back it up, it
    outlives the log. train_…: see `schedule.Schedule`; train_limit_seconds ends a fit that hangs;
    train_settings: the file that `tune` wrote; without one the size of the data decides.
    train_spark_master: where Spark fits (`spark://…`, `k8s://…`, `local[4]`); without one `implicit` fits on this machine.
    train_niceness: how far it steps back behind what serves.
    trend_half_life_hours: how fast a trend fades. keep_models: how many versions stay for a rollback.
    """

    model_store: str
    scratch: Path
    archive: Path | None = None
    archive_every_seconds: Seconds = 300
    train_minimum: PositiveInt = 500
    train_after_events: PositiveInt = 10_000
    train_every_seconds: Seconds = 6 * 3600
    train_quiet_seconds: Seconds = 5
    train_limit_seconds: Seconds = 3600
    train_threads: PositiveInt = 1
    train_niceness: Annotated[int, Field(ge=0, le=19)] = 5
    train_settings: Path | None = None
    train_spark_master: SparkMaster | None = None
    trend_half_life_hours: Annotated[float, Field(ge=0.1, le=8760)] = 14 * 24
    keep_models: PositiveInt = 5

    @property
    def archive_directory(self) -> Path:
        """Where the archive is."""
        return self.archive or self.scratch / "archive"
