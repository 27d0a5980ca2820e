"""Settings: from the environment or mounted files, and a clear word when one is wrong."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from libs.common.settings import (
    HttpSettings,
    KafkaSettings,
    PostgresSettings,
    ProcessSettings,
    RedisSettings,
    load,
)


class Settings(HttpSettings, KafkaSettings, PostgresSettings, RedisSettings):
    pass


GOOD = {
    "STACKWISE_PORT": "8080",
    "STACKWISE_KAFKA_BOOTSTRAP": "broker-1:9092,broker-2:9092",
    "STACKWISE_POSTGRES_URL": "postgresql+asyncpg://stackwise:hunter2@localhost/catalog",
    "STACKWISE_REDIS_URL": "redis://:hunter2@localhost:6379/0",
    "STACKWISE_LOOKUP_PEPPER": "0123456789abcdef-hunter2",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)


def test_a_composed_class_reads_every_part() -> None:
    """A service's settings are the fields of all that it composes, with the documented defaults."""
    settings = load(Settings)
    assert settings.port == 8080
    assert settings.kafka_bootstrap == "broker-1:9092,broker-2:9092"
    assert settings.postgres_url == GOOD["STACKWISE_POSTGRES_URL"]
    assert settings.lookup_pepper.get_secret_value() == GOOD["STACKWISE_LOOKUP_PEPPER"]
    assert (settings.host, settings.metrics_port, settings.otlp_endpoint) == (
        "127.0.0.1",
        None,
        None,
    )
    assert settings.kafka_idempotence is True


def test_secrets_are_not_shown() -> None:
    """The representation of settings, as a log line or an error would show it, holds no secret."""
    assert "hunter2" not in repr(load(Settings))


def test_every_wrong_variable_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Missing and wrong variables are all named, one line each, without their values; exit code 2."""
    monkeypatch.delenv("STACKWISE_KAFKA_BOOTSTRAP")
    monkeypatch.setenv("STACKWISE_PORT", "eighty")
    monkeypatch.setenv("STACKWISE_POSTGRES_URL", "postgresql://stackwise:hunter2@localhost/catalog")
    with pytest.raises(SystemExit) as exit_:
        load(Settings)
    lines = capsys.readouterr().err.splitlines()
    assert exit_.value.code == 2
    assert "STACKWISE_KAFKA_BOOTSTRAP is missing" in lines
    assert sorted(line.split(":")[0].split(" ")[0] for line in lines) == [
        "STACKWISE_KAFKA_BOOTSTRAP",
        "STACKWISE_PORT",
        "STACKWISE_POSTGRES_URL",
    ]
    assert "hunter2" not in "".join(lines)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STACKWISE_PORT", "0"),
        ("STACKWISE_PORT", "65536"),
        ("STACKWISE_KAFKA_BOOTSTRAP", "broker"),
        ("STACKWISE_REDIS_URL", "http://localhost"),
        ("STACKWISE_LOOKUP_PEPPER", "short"),
        ("STACKWISE_LOG_LEVEL", "loud"),
        ("STACKWISE_OTLP_ENDPOINT", "collector:4318"),
        ("STACKWISE_KAFKA_WAIT_SECONDS", "0"),
    ],
)
def test_a_senseless_value_is_refused(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What could only fail later fails at start, naming the variable."""
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit):
        load(Settings)
    assert capsys.readouterr().err.startswith(f"{name}:")


def test_a_secret_may_come_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`STACKWISE_X_FILE` names a mounted secret; its last line end is not part of it."""
    secret = tmp_path / "pepper"
    secret.write_text("a-pepper-from-a-file\n")
    monkeypatch.delenv("STACKWISE_LOOKUP_PEPPER")
    monkeypatch.setenv("STACKWISE_LOOKUP_PEPPER_FILE", str(secret))
    assert load(Settings).lookup_pepper.get_secret_value() == "a-pepper-from-a-file"


@pytest.mark.parametrize("also_set", [True, False])
def test_a_bad_secret_file_is_named(
    also_set: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A file that is not there, or stands beside a value, ends the start with the variable's name."""
    if not also_set:
        monkeypatch.delenv("STACKWISE_LOOKUP_PEPPER")
    monkeypatch.setenv("STACKWISE_LOOKUP_PEPPER_FILE", str(tmp_path / "nowhere"))
    with pytest.raises(SystemExit):
        load(Settings)
    error = capsys.readouterr().err
    assert "STACKWISE_LOOKUP_PEPPER_FILE" in error
    assert ("both set" in error) is also_set


def test_settings_do_not_change() -> None:
    """Settings are read once; nobody can change them afterwards."""
    settings = ProcessSettings()
    with pytest.raises(ValidationError):
        settings.log_level = "debug"  # type: ignore[misc]


@pytest.mark.parametrize("url", ["redis://localhost:6379/3", "unix:///run/redis.sock"])
def test_a_cluster_has_one_database_and_no_socket(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Said at the start, not when the first request comes; any other database is fine on one server."""
    monkeypatch.setenv("STACKWISE_REDIS_URL", url)
    assert load(Settings).redis_url == url
    monkeypatch.setenv("STACKWISE_REDIS_CLUSTER", "true")
    with pytest.raises(SystemExit):
        load(Settings)
    assert "STACKWISE_REDIS_CLUSTER" in capsys.readouterr().err
