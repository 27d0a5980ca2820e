"""Strimzi's topics and users, from the topic table."""

from collections.abc import Iterator
from typing import Any, get_args

from libs.common.contracts.topics import INTERACTION, LEARNER, TOPICS, Service, Topic
from libs.common.kafka.provision import new_topics
from services.recommender.worker.app import GROUP

CLUSTER = "stackwise"
REPLICATION = 3
# The one consumer group: its topics are parked from, the others' readers count and skip.
GROUPS: dict[Service, tuple[str, tuple[Topic, ...]]] = {
    "recommender": (GROUP, (LEARNER, INTERACTION))
}
OPERATOR = "operator"

Manifest = dict[str, Any]


def topics() -> list[Manifest]:
    """A KafkaTopic for every topic and every dead-letter topic."""
    return [
        {
            **_head("KafkaTopic", new.name),
            "spec": {
                "partitions": new.num_partitions,
                "replicas": new.replication_factor,
                "config": {name: _number(value) for name, value in new.topic_configs.items()},
            },
        }
        for topic in TOPICS
        for new in new_topics(topic, REPLICATION)
    ]


def users() -> list[Manifest]:
    """A KafkaUser for every service, with literal ACLs, and one for the operators' dead letters."""
    names = [*get_args(Service), OPERATOR]
    return [_user(name, list(_acls(name))) for name in names]


def _acls(name: str) -> Iterator[Manifest]:
    for topic in TOPICS:
        if operations := _operations(name, topic):
            yield _acl("topic", topic.name, operations)
    if name == OPERATOR:
        for topic in TOPICS:
            yield _acl("topic", topic.dead_letters, ["Describe", "Read"])
    for service, (group, consumed) in GROUPS.items():
        if service == name:
            yield _acl("group", group, ["Describe", "Read"])
            for topic in consumed:
                yield _acl("topic", topic.dead_letters, ["Describe", "Write"])


def _operations(name: str, topic: Topic) -> list[str]:
    """A writer of snapshots also looks whether the log still has what it sent last."""
    writes = name in topic.writers or name == OPERATOR
    reads = name in topic.readers or (name in topic.writers and topic.compacted)
    operations = ["Read"] * reads + ["Write"] * writes
    return ["Describe", *operations] if operations else []


def _acl(kind: str, name: str, operations: list[str]) -> Manifest:
    resource = {"type": kind, "name": name, "patternType": "literal"}
    return {"resource": resource, "operations": operations}


def _user(name: str, acls: list[Manifest]) -> Manifest:
    spec = {
        "authentication": {"type": "scram-sha-512"},
        "authorization": {"type": "simple", "acls": acls},
    }
    return {**_head("KafkaUser", f"stackwise-{name}"), "spec": spec}


def _head(kind: str, name: str) -> Manifest:
    metadata = {"name": name, "labels": {"strimzi.io/cluster": CLUSTER}}
    return {"apiVersion": "kafka.strimzi.io/v1", "kind": kind, "metadata": metadata}


def _number(value: str) -> str | int | float:
    """Numbers as numbers: Strimzi compares them so."""
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value
