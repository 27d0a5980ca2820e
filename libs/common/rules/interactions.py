"""What makes an interaction unacceptable before anyone has looked at the learner."""

from datetime import datetime, timedelta
from typing import get_args

from libs.common.contracts.profile import Kind

KINDS: frozenset[str] = frozenset(get_args(Kind))
CLOCK_SKEW = timedelta(minutes=5)


def fault(kind: str, occurred_at: datetime, now: datetime) -> tuple[str, str] | None:
    """The code and detail of the refusal, or None when kind and time are acceptable."""
    if kind not in KINDS:
        return "invalid_kind", f"kind is one of {', '.join(get_args(Kind))}"
    if occurred_at > now + CLOCK_SKEW:
        return "occurred_in_future", "occurred_at is more than 5 minutes in the future"
    return None
