"""What the canary exports. A label is an outcome; never an id."""

from prometheus_client import Counter, Gauge, Histogram

FRESHNESS = Histogram(
    "stackwise_canary_freshness_seconds",
    "From the gateway's 202 for an interaction to its first answer that includes it.",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
ROUNDS = Counter(
    "stackwise_canary_rounds_total",
    "Interactions by outcome: seen (in a served list), unseen (in none within 10 s), refused (not accepted, or the list "
    "could not be read).",
    ["outcome"],
)
SEEN_AT = Gauge(
    "stackwise_canary_seen_timestamp_seconds",
    "When an interaction was last seen in a served list (Unix time); 0 before the first.",
)
# Every series from the start: a share needs its whole.
BY_OUTCOME = {name: ROUNDS.labels(name) for name in ("seen", "unseen", "refused")}
