"""What Kafka's side of a process exports. Labels are topics, groups and outcomes; never an id."""

from prometheus_client import Counter, Gauge, Histogram

PUBLISHED = Counter(
    "stackwise_kafka_published_total",
    "Records sent, by outcome: acknowledged, failed.",
    ["outcome"],
)
CONSUMED = Counter(
    "stackwise_kafka_consumed_total",
    "Records handled, by topic and outcome: applied, parked, skipped.",
    ["topic", "outcome"],
)
RETRIES = Counter(
    "stackwise_kafka_retries_total", "Batches handled again, by consumer.", ["consumer"]
)
HANDLED_AT = Gauge(
    "stackwise_kafka_handled_record_timestamp_seconds",
    "When the newest handled record was written (Unix time); now minus this is the lag of a busy topic.",
    ["topic"],
)
DELAY = Histogram(
    "stackwise_kafka_record_delay_seconds",
    "From a record's being written to its being handled.",
    ["topic"],
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600),
)
