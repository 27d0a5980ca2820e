"""The Kafka partition of a key, as every producer of ours chooses it."""

from aiokafka.partitioner import murmur2

from libs.common.contracts.topics import LEARNER


def partition_of(learner_key: str) -> int:
    """The partition of a learner in `profile.learner.v1` and `profile.interaction.v1`."""
    hashed: int = murmur2(learner_key.encode())
    return (hashed & 0x7FFFFFFF) % LEARNER.partitions
