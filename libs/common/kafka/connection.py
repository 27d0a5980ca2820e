"""How every client of ours reaches the brokers: encrypted and as a user where the settings say so."""

import ssl
from typing import Any

from faststream.kafka.security import parse_security
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from libs.common.settings import KafkaSettings

_MECHANISMS = {
    "SCRAM-SHA-512": SASLScram512,
    "SCRAM-SHA-256": SASLScram256,
    "PLAIN": SASLPlaintext,
}


def security(settings: KafkaSettings) -> BaseSecurity | None:
    """FastStream's description of it; None is plain text. Raises OSError for an unreadable authority."""
    if not settings.kafka_tls:
        return None
    context = ssl.create_default_context(cafile=settings.kafka_ca)
    if settings.kafka_username is None or settings.kafka_password is None:
        return BaseSecurity(ssl_context=context, use_ssl=True)
    return _MECHANISMS[settings.kafka_mechanism](
        settings.kafka_username,
        settings.kafka_password.get_secret_value(),
        ssl_context=context,
        use_ssl=True,
    )


def connection(settings: KafkaSettings) -> dict[str, Any]:
    """The same for aiokafka's own clients: the arguments that all of them take."""
    return {
        "bootstrap_servers": settings.kafka_bootstrap.split(","),
        **parse_security(security(settings)),
    }
