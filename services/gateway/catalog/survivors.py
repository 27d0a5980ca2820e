"""Read-time filter: what the catalog has retired is not served, whoever ranked it.

A superseded credential's place goes to its successor where that asks no more of a learner than the
predecessor did, since the learner's constraints were checked with the predecessor.
"""

from collections.abc import Collection, Iterator, Mapping

from msgspec import Raw
from msgspec.structs import replace

from libs.common.contracts.catalog import Credential
from libs.common.rules.eligibility import recommendable
from libs.common.rules.money import net_cost
from services.gateway.packed import Item, PackedList, packed, reason, unpacked

MOST_SUCCESSIONS = 10
# Reasons that speak of one credential and of no other.
OF_ITS_OWN = frozenset(
    {*("builds_on", "free_for_you", "high_value", "new_credential"), "similar_learners", "trending"}
)


def survivors(
    ranked: PackedList, credentials: Mapping[str, Credential], partner_id: str | None
) -> Iterator[tuple[Item, Credential]]:
    """The items that may be served to this partner's learners, in order, with their credentials."""
    inherited = set[str]()
    for item in ranked.items():
        credential = credentials.get(item.credential_id)
        if credential is None:
            continue
        if recommendable(credential, partner_id):
            yield item, credential
            continue
        successor = _successor(credential, credentials, partner_id)
        if successor is None or successor.id in inherited:
            continue
        inherited.add(successor.id)
        if all(other.credential_id != successor.id for other in ranked.items()):
            yield _inherited(item, credential, successor), successor


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


def _inherited(item: Item, predecessor: Credential, successor: Credential) -> Item:
    """The predecessor's place, with those of its reasons that are true of the successor."""
    taught = {skill.id for skill in successor.skills}
    still_true = (_still_true(each, taught) for each in item.reasons)
    kept = [each for each in still_true if each is not None]
    return replace(
        item,
        credential_id=successor.id,
        reasons=[*kept, reason("successor_of", {"credentials": [predecessor.id]})],
        closes=[skill for skill in item.closes if skill in taught],
        gain=item.gain if set(item.closes) <= taught else None,
    )


def _still_true(raw: Raw, taught: Collection[str]) -> Raw | None:
    said = unpacked(raw)
    skills = said.params.get("skills")
    if skills is None:
        return None if said.code in OF_ITS_OWN else raw
    kept = [skill for skill in skills if skill in taught]
    return packed(replace(said, params={**said.params, "skills": kept})) if kept else None
