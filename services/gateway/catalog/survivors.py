"""Read-time filter: what the catalog has retired is not served, whoever ranked it.

A superseded credential's place goes to its successor where that asks no more of a learner than the
predecessor did, since the learner's constraints were checked with the predecessor.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from msgspec.structs import replace

from libs.common.contracts.catalog import Credential
from libs.common.contracts.redis_values import ListItem, ListReason
from libs.common.rules.eligibility import recommendable
from libs.common.rules.money import net_cost

MOST_SUCCESSIONS = 10


def survivors(
    items: Sequence[ListItem], credentials: Mapping[str, Credential], partner_id: str | None
) -> Iterator[tuple[ListItem, Credential]]:
    """The items that may be served to this partner's learners, in order, with their credentials."""
    listed = {item.credential_id for item in items}
    for item in items:
        credential = credentials.get(item.credential_id)
        if credential is None:
            continue
        if recommendable(credential, partner_id):
            yield item, credential
            continue
        successor = _successor(credential, credentials, partner_id)
        if successor is not None and successor.id not in listed:
            listed.add(successor.id)
            yield _inherited(item, successor), successor


def _successor(
    retired: Credential, credentials: Mapping[str, Credential], partner_id: str | None
) -> Credential | None:
    """The first in the line of successors that may be recommended."""
    candidate: Credential | None = retired
    for _ in range(MOST_SUCCESSIONS):
        if candidate is None or candidate.superseded_by is None:
            return None
        candidate = credentials.get(candidate.superseded_by)
        if candidate is not None and recommendable(candidate, partner_id):
            return candidate if _asks_no_more(candidate, retired) else None
    return None


def _asks_no_more(successor: Credential, predecessor: Credential) -> bool:
    return (
        _no_dearer(successor, predecessor)
        and _no_longer(successor.workload_hours, predecessor.workload_hours)
        and _covers(successor.delivery, predecessor.delivery)
        and _covers(successor.languages, predecessor.languages)
        and _covers(successor.places, predecessor.places)
        and all(needed in predecessor.prerequisites for needed in successor.prerequisites)
    )


def _no_dearer(successor: Credential, predecessor: Credential) -> bool:
    before, after = net_cost(predecessor, None, None), net_cost(successor, None, None)
    if before is None:
        return True
    if after is None or before.currency != after.currency:
        return False
    return after.amount <= before.amount and (
        successor.aid == predecessor.aid or not predecessor.aid
    )


def _no_longer(after: float | None, before: float | None) -> bool:
    return before is None or (after is not None and after <= before)


def _covers(after: Collection[str], before: Collection[str]) -> bool:
    return set(before) <= set(after)


def _inherited(item: ListItem, successor: Credential) -> ListItem:
    """The predecessor's place, with those of its reasons that are true of the successor."""
    taught = {skill.id for skill in successor.skills}
    reasons = [r for each in item.reasons if (r := _still_true(each, taught)) is not None]
    return replace(
        item,
        credential_id=successor.id,
        reasons=reasons or [ListReason("new_credential")],
        closes=[skill for skill in item.closes if skill in taught],
        gain=item.gain if set(item.closes) <= taught else None,
    )


def _still_true(reason: ListReason, taught: Collection[str]) -> ListReason | None:
    skills = reason.params.get("skills")
    if skills is None:
        return None if reason.code in ("free_for_you", "high_value", "builds_on") else reason
    kept = [skill for skill in skills if skill in taught]
    return replace(reason, params={**reason.params, "skills": kept}) if kept else None
