"""What the processes of the gateway are told by their environment."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, PositiveInt, SecretStr

from libs.common.settings import (
    HttpSettings,
    HttpUrl,
    KafkaSettings,
    PostgresSettings,
    RedisSettings,
    Seconds,
)


class ApiSettings(HttpSettings, KafkaSettings, PostgresSettings, RedisSettings):
    """The api process. `scratch`: where the catalog view is saved, so that a start needs no Kafka.

    `key_per_second`: the limit of a key whose partner has none of its own; `address_per_second`: that of an
    address, for all but secret keys; `proxies`: how many proxies of ours write X-Forwarded-For.
    `demo`: the file with the key of the sample job board, which is served only where this is set.
    """

    catalog_url: HttpUrl
    profile_url: HttpUrl
    recommender_url: HttpUrl
    scratch: Path
    key_per_second: PositiveInt = 200
    address_per_second: PositiveInt = 200
    proxies: Annotated[int, Field(ge=0)] = 0
    demo: Path | None = None


class CanarySettings(HttpSettings):
    """The freshness canary. `canary_key`: a secret key of the partner `stackwise-canary`; `canary_seconds`: how often."""

    gateway_url: HttpUrl
    canary_key: Annotated[SecretStr, Field(min_length=1)]
    canary_seconds: Seconds = 15


class StoreSettings(PostgresSettings):
    """The commands that need the database only: migrate, partners."""
