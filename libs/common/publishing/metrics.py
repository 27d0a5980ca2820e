"""What a relay exports."""

from prometheus_client import Counter, Gauge

SENT = Counter("stackwise_relay_sent_total", "Snapshots published, by topic.", ["topic"])
OLDEST = Gauge(
    "stackwise_relay_oldest_unpublished_timestamp_seconds",
    "When the oldest unpublished row was changed (Unix time); 0 when all are published.",
    ["topic"],
)
