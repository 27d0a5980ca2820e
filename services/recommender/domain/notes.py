"""What can be said of a credential to anyone, worked out once for each revision."""

from datetime import datetime

from msgspec import Struct

from libs.common.contracts.catalog import Credential
from libs.common.contracts.redis_values import ListReason
from libs.common.rules import value


class Notes(Struct, frozen=True):
    """attested: who stands behind it, at most one. advisories: what everyone should know."""

    attested: list[ListReason]
    advisories: list[ListReason]
    published_at: datetime | None


def notes(credential: Credential, now: datetime) -> Notes:
    """`now` decides which assertions are current."""
    advisories = [] if credential.outcomes else [ListReason("no_outcome_data")]
    if credential.status == "ceasing":
        advisories.append(ListReason("ceasing"))
    return Notes(_attested(credential, now), advisories, credential.published_at)


def _attested(credential: Credential, now: datetime) -> list[ListReason]:
    by_whom = value.vouched(value.assess(credential, now=now))
    return [] if by_whom is None else [ListReason("high_value", by_whom)]
