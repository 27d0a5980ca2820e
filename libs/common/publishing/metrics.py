"""What a relay exports."""

from prometheus_client import Counter, Gauge

SENT = Counter("stackwise_relay_sent_total", "Snapshots published, by topic.", ["topic"])
OLDEST = Gauge(
    "stackwise_relay_oldest_unpublished_timestamp_seconds",
    "When the oldest unpublished row was changed (Unix time); 0 when all are published.",
    ["topic"],
)
REFUSED = Counter(
    "stackwise_relay_refused_total",
    "Rows set aside until they change or the process starts again, because no snapshot can be made of "
    "them or Kafka takes none of it, by topic. Alert on any.",
    ["topic"],
)
