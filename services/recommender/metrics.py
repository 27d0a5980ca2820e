"""What every process of the recommender exports of Redis."""

from prometheus_client import Counter

UNDECODABLE = Counter(
    "stackwise_recommender_undecodable_total",
    "Values read from Redis that do not decode, by kind: offsets, state, list. Alert on any: a worker "
    "reads their partition again from its beginning.",
    ["kind"],
)
