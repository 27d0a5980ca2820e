"""A record as a handler sees it: decoded by the topic table, or with the fault that makes it unusable."""

import hashlib
from datetime import UTC, datetime

import msgspec
from aiokafka import ConsumerRecord
from msgspec import Struct

from libs.common.contracts.topics import BY_NAME, TOPICS, Topic

_DECODERS = {
    name: msgspec.json.Decoder(kind) for topic in TOPICS for name, kind in topic.values.items()
}


class Record(Struct, frozen=True, gc=False):
    """`value` is None exactly when `fault` says why. `id` is the `ce_id`; `time` the broker's, in UTC."""

    topic: str
    partition: int
    offset: int
    key: str
    id: str
    type: str
    time: datetime
    value: Struct | None
    fault: str | None
    traceparent: str | None
    raw: ConsumerRecord


def read(raw: ConsumerRecord) -> Record:
    """The record; never raises."""
    kind = record_id = trace = None
    for name, content in raw.headers:
        if name == "ce_type":
            kind = content
        elif name == "ce_id":
            record_id = content
        elif name == "traceparent":
            trace = content
    topic = BY_NAME[raw.topic]
    key = _text(raw.key)
    type_ = _text(kind) or _only_type(topic)
    value, fault = _decode(topic, type_, raw.value, key)
    return Record(
        raw.topic,
        raw.partition,
        raw.offset,
        key,
        _text(record_id) or _substitute_id(raw),
        type_,
        _moment(raw.timestamp),
        value,
        fault,
        _text(trace) or None,
        raw,
    )


def id_of(raw: ConsumerRecord) -> str:
    """The record's `ce_id`, without decoding the rest; a stable substitute where it has none."""
    return _text(dict(raw.headers).get("ce_id")) or _substitute_id(raw)


def with_fault(record: Record, fault: str) -> Record:
    """The same record, unusable."""
    return msgspec.structs.replace(record, value=None, fault=fault)


def _decode(
    topic: Topic, type_: str, body: bytes | None, key: str
) -> tuple[Struct | None, str | None]:
    if not body:
        return None, "empty record"
    if type_ not in topic.values:
        return None, f"unknown ce_type {type_!r}"
    try:
        value: Struct = _DECODERS[type_].decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return None, str(error)
    if topic.key_of(value) != key:
        return None, "the key is not that of the value"
    return value, None


def _only_type(topic: Topic) -> str:
    return next(iter(topic.values)) if len(topic.values) == 1 else ""


def _moment(milliseconds: int) -> datetime:
    """A producer may have written any number; one that is no time counts as the epoch."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)


def _text(value: bytes | None) -> str:
    return value.decode("utf-8", "replace") if value else ""


def _substitute_id(raw: ConsumerRecord) -> str:
    """A stable id for a record that came without one: of its place and content."""
    place = f"{raw.topic}/{raw.partition}/{raw.offset}/".encode()
    return hashlib.sha256(place + (raw.value or b"")).hexdigest()[:32]
