"""Settings from environment variables prefixed `STACKWISE_`, or files named by `STACKWISE_<NAME>_FILE`.

Each process composes its own class from these and loads it once, in its composition root.
"""

import os
import sys
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    Field,
    FilePath,
    PositiveInt,
    SecretStr,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError

PREFIX = "STACKWISE_"


class SecretUrl(str):
    """A URL that may carry a password: a plain string that does not show itself in logs and errors."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "SecretUrl('**********')"


Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(gt=0)]
HttpUrl = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+[^/\s]$")]
PostgresUrl = Annotated[
    str, StringConstraints(pattern=r"^postgresql\+asyncpg://"), AfterValidator(SecretUrl)
]
RedisUrl = Annotated[
    str, StringConstraints(pattern=r"^(rediss?|unix)://"), AfterValidator(SecretUrl)
]
Bootstrap = Annotated[str, StringConstraints(pattern=r"^[^\s,:]+:\d+(,[^\s,:]+:\d+)*$")]
Pepper = Annotated[SecretStr, Field(min_length=16)]


class FileSource(PydanticBaseSettingsSource):
    """The values of the fields for which `STACKWISE_<NAME>_FILE` names a file (a mounted secret)."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002
        name = variable(field_name)
        path = os.environ.get(f"{name}_FILE")
        if not path:
            return None, field_name, False
        if os.environ.get(name):
            raise SettingsError(f"{name} and {name}_FILE are both set")
        try:
            return Path(path).read_text().strip(), field_name, False
        except (OSError, UnicodeDecodeError) as unreadable:
            raise SettingsError(f"{name}_FILE: {unreadable}") from unreadable

    def __call__(self) -> dict[str, Any]:
        values = {
            name: self.get_field_value(field, name)[0]
            for name, field in self.settings_cls.model_fields.items()
        }
        return {name: value for name, value in values.items() if value is not None}


class ProcessSettings(BaseSettings):
    """What every process takes. `metrics_port` None: no metrics; `otlp_endpoint` None: no spans."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        frozen=True,
        extra="ignore",
        env_ignore_empty=True,
        hide_input_in_errors=True,
    )

    environment: Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9-]{0,30}$")] = "local"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    metrics_host: str = "127.0.0.1"
    metrics_port: Port | None = None
    otlp_endpoint: HttpUrl | None = None
    trace_ratio: Annotated[float, Field(ge=0, le=1)] = 1.0

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, FileSource(settings_cls)


class HttpSettings(ProcessSettings):
    """`grace_seconds`: how long requests in flight may take after SIGTERM."""

    host: str = "127.0.0.1"
    port: Port
    grace_seconds: Seconds = 10


class KafkaSettings(ProcessSettings):
    """`kafka_wait_seconds`: how long start-up waits for Kafka before it gives up.

    `kafka_fetch_wait_ms`: how long the broker may hold a fetch that finds nothing. Apache Kafka answers
    as soon as there is a record, so 100 and more only save work there; the embedded broker does not.

    `kafka_tls`: encrypted, the brokers known by `kafka_ca` (a PEM file; else by the system's authorities).
    `kafka_username` with `kafka_password`: who we are there; never sent unencrypted.
    """

    kafka_bootstrap: Bootstrap
    kafka_idempotence: bool = True
    kafka_wait_seconds: Seconds = 60
    kafka_fetch_wait_ms: PositiveInt = 10
    kafka_tls: bool = False
    kafka_ca: FilePath | None = None
    kafka_mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = "SCRAM-SHA-512"
    kafka_username: str | None = None
    kafka_password: SecretStr | None = None

    @model_validator(mode="after")
    def _user_is_whole(self) -> Self:
        if (self.kafka_username is None) != (self.kafka_password is None):
            raise ValueError("STACKWISE_KAFKA_USERNAME and STACKWISE_KAFKA_PASSWORD go together")
        if not self.kafka_tls and (self.kafka_username or self.kafka_ca):
            raise ValueError("a user or an authority of Kafka needs STACKWISE_KAFKA_TLS=true")
        return self


class PostgresSettings(ProcessSettings):
    postgres_url: PostgresUrl


class RedisSettings(ProcessSettings):
    """`lookup_pepper` keys the HMAC of the lookup keys; the same in every process.

    `redis_cluster`: `redis_url` is one node, or the common address, of a Redis Cluster, which tells of the others.
    """

    redis_url: RedisUrl
    redis_cluster: bool = False
    lookup_pepper: Pepper

    @model_validator(mode="after")
    def _cluster_has_one_database(self) -> Self:
        parts = urlsplit(self.redis_url)
        if self.redis_cluster and (parts.scheme == "unix" or parts.path not in ("", "/", "/0")):
            raise ValueError("STACKWISE_REDIS_CLUSTER needs a redis(s):// URL of database 0")
        return self


S = TypeVar("S", bound=ProcessSettings)


def variable(field_name: str) -> str:
    """The environment variable of a field."""
    return PREFIX + field_name.upper()


def load(cls: type[S]) -> S:
    """The settings, or exit code 2 after one line on stderr for each wrong or missing variable."""
    try:
        return cls()
    except ValidationError as invalid:
        lines = [
            _complaint(error["loc"], error["type"], error["msg"]) for error in invalid.errors()
        ]
    except SettingsError as unreadable:
        lines = [str(unreadable)]
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    raise SystemExit(2)


def _complaint(location: tuple[int | str, ...], kind: str, message: str) -> str:
    name = variable(str(location[0])) if location else "settings"
    return f"{name} is missing" if kind == "missing" else f"{name}: {message}"
