"""How clients reach Kafka, by the settings."""

import ssl
from typing import Any

import pytest
from pydantic import ValidationError

from libs.common.kafka.connection import connection
from libs.common.settings import KafkaSettings


def settings(**more: Any) -> KafkaSettings:
    """Settings of two brokers."""
    return KafkaSettings(kafka_bootstrap="a:9092,b:9092", **more)


def test_without_more_nothing_is_encrypted() -> None:
    """A bootstrap address alone is plain text, to every broker named."""
    assert connection(settings()) == {"bootstrap_servers": ["a:9092", "b:9092"]}


def test_a_user_signs_in_over_tls() -> None:
    """A user's password travels by SCRAM inside TLS, and the brokers' certificates are verified."""
    made = connection(settings(kafka_tls=True, kafka_username="profile", kafka_password="s3cret"))
    assert made["security_protocol"] == "SASL_SSL"
    assert made["sasl_mechanism"] == "SCRAM-SHA-512"
    assert (made["sasl_plain_username"], made["sasl_plain_password"]) == ("profile", "s3cret")
    assert made["ssl_context"].verify_mode is ssl.CERT_REQUIRED
    assert made["ssl_context"].check_hostname


@pytest.mark.parametrize(
    "wrong",
    [
        {"kafka_tls": True, "kafka_username": "profile"},
        {"kafka_username": "profile", "kafka_password": "s3cret"},
    ],
)
def test_half_a_user_or_one_in_plain_text_is_refused(wrong: dict[str, Any]) -> None:
    """A user without a password, or without TLS, is a wrong setting, said at start."""
    with pytest.raises(ValidationError, match="STACKWISE_KAFKA_"):
        settings(**wrong)
