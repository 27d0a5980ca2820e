"""Creates the topics of the topic table and their dead-letter topics; what exists is left as it is."""

from collections.abc import Sequence
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from libs.common.contracts.topics import DEAD_LETTER_RETENTION_MS, TOPICS, Topic
from libs.common.kafka.broker import MAX_RECORD_BYTES

ENVELOPE_BYTES = 4_096


async def provision(
    bootstrap_servers: str | Sequence[str],
    *,
    replication: int = 1,
    topics: Sequence[Topic] = TOPICS,
    **security: Any,
) -> list[str]:
    """The names of the topics that were created; `security` is `connection`'s. Raises KafkaError for any other refusal."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers, **security)
    await admin.start()
    try:
        wanted = [new for topic in topics for new in new_topics(topic, replication)]
        answer = await admin.create_topics(wanted)
    finally:
        await admin.close()
    return [name for name, code in _results(answer) if _created(name, code)]


def new_topics(topic: Topic, replication: int) -> list[NewTopic]:
    """The topic and its dead-letter topic as they are made."""
    common = {
        "min.insync.replicas": str(max(1, replication - 1)),
        "max.message.bytes": str(MAX_RECORD_BYTES + ENVELOPE_BYTES),
    }
    cleanup = (
        {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.1"}
        if topic.compacted
        else {"cleanup.policy": "delete", "retention.ms": str(topic.retention_ms)}
    )
    parked = {"cleanup.policy": "delete", "retention.ms": str(DEAD_LETTER_RETENTION_MS)}
    return [
        NewTopic(topic.name, topic.partitions, replication, topic_configs={**common, **cleanup}),
        NewTopic(
            topic.dead_letters, topic.partitions, replication, topic_configs={**common, **parked}
        ),
    ]


def _results(answer: object) -> list[tuple[str, int]]:
    errors = answer.topic_errors  # type: ignore[attr-defined]
    return [(error[0], error[1]) for error in errors]


def _created(name: str, code: int) -> bool:
    error = for_code(code)
    if issubclass(error, TopicAlreadyExistsError):
        return False
    if code != 0:
        raise KafkaError(f"topic {name} was not created: {error.__name__}")
    return True
