"""What the gateway exports of its answers. Labels are outcomes; never an id."""

from typing import get_args

from prometheus_client import Counter

from services.gateway.usecases.served import Fallback

ANSWERS = Counter(
    "stackwise_gateway_recommendations_total",
    "Answers with recommendations, by fallback: none (ranked as they should be), stale, recommender_unavailable, "
    "redis_unavailable. The personalised share is that of none. A stream is not counted.",
    ["fallback"],
)
# Every series from the start, so that the share is known before the first fallback.
_BY_FALLBACK = {name: ANSWERS.labels(name or "none") for name in (None, *get_args(Fallback))}


def count_answer(fallback: Fallback | None) -> None:
    """Counts one answer."""
    _BY_FALLBACK[fallback].inc()
