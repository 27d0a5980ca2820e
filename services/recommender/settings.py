"""What the worker, the api and the commands of the recommender are told by their environment."""

from pathlib import Path

from libs.common.settings import HttpSettings, KafkaSettings, RedisSettings


class ApiSettings(HttpSettings, KafkaSettings, RedisSettings):
    """The api process. `scratch`: where fetched models are kept."""

    scratch: Path | None = None


class WorkerSettings(ApiSettings):
    """The worker. `worker_instance` makes its group membership static: a quick restart is no rebalance.

    model_store: the trainer's; its archive has the histories that Redis and the log have lost.
    """

    model_store: str
    worker_instance: str | None = None


class RebuildSettings(RedisSettings):
    """The command that has everything read again."""
