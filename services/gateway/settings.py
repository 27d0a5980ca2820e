"""What the processes of the gateway are told by their environment."""

from pathlib import Path

from libs.common.settings import (
    HttpSettings,
    HttpUrl,
    KafkaSettings,
    PostgresSettings,
    RedisSettings,
)


class ApiSettings(HttpSettings, KafkaSettings, PostgresSettings, RedisSettings):
    """The api process. `scratch`: where the catalog view is saved, so that a start needs no Kafka."""

    catalog_url: HttpUrl
    profile_url: HttpUrl
    recommender_url: HttpUrl
    scratch: Path


class StoreSettings(PostgresSettings):
    """The commands that need the database only: migrate, partners."""
