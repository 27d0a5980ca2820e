"""What can be said of a credential to anyone, worked out once for each revision."""

from datetime import datetime

from msgspec import Struct

from libs.common.contracts.catalog import Credential
from libs.common.contracts.redis_values import ListReason
from libs.common.rules import value
from libs.common.rules.value import Fact


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
    found = [fact for fact in value.assess(credential, now=now).facts if _by_others(fact)]
    if not found:
        return []
    best = min(found, key=lambda fact: fact.strength != "reciprocal")
    params = {"component": best.component, "agent": best.params["agent"]}
    return [ListReason("high_value", params)]


def _by_others(fact: Fact) -> bool:
    return fact.strength in ("reciprocal", "third_party") and "agent" in fact.params
