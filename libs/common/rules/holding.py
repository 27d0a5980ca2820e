"""What counts as held, of a learner's credentials and of the skills of their badges."""

from collections.abc import Iterable, Iterator

from libs.common.contracts.profile import HeldCredential

HOLDING = frozenset({"verified", "self_reported"})


def holding(credentials: Iterable[HeldCredential]) -> Iterator[HeldCredential]:
    """Those that are neither expired nor revoked."""
    return (each for each in credentials if each.status in HOLDING)
