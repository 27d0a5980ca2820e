"""What a learner's state means for ranking: what counts as held, what is out, what they can and like."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec import Struct

from libs.common.contracts.calls import Constraints
from libs.common.contracts.profile import HeldCredential, Kind, LearnerProfile
from libs.common.contracts.redis_values import LearnerState
from libs.common.contracts.types import milliseconds
from libs.common.rules import fading, levels
from libs.common.rules.constraints import own
from libs.common.rules.holding import holding
from services.recommender.domain.catalog_index import CatalogIndex
from services.recommender.domain.history import history
from services.recommender.domain.ports import History

CHANGES_MIND: tuple[Kind, ...] = ("save", "enroll", "complete")


class Seeker(Struct, frozen=True, kw_only=True):
    """A learner as ranking sees them.

    personal: whether anything about them may be used. held: credential ids, completed ones too.
    earned: skill id → highest level ever held, which prerequisites ask for. levels: what is left of them now.
    history: the newest first.
    """

    partner_id: str | None
    personal: bool
    held: frozenset[str]
    enrolled: frozenset[str]
    dismissed: frozenset[str]
    completed: frozenset[str]
    history: History
    earned: Mapping[str, float]
    levels: Mapping[str, float]
    declared: Mapping[str, float]
    occupation: str | None


def seeker(state: LearnerState, catalog: CatalogIndex, now: datetime) -> Seeker:
    """Raises nothing: credentials that the catalog does not know teach nothing."""
    personal = state.consented and not state.erased
    profile = state.profile.profile if state.profile is not None else LearnerProfile()
    completed = frozenset(c for c, kinds in state.interactions.items() if "complete" in kinds)
    held = completed | held_credentials(state)
    evidence = _evidence(state, held)
    taught = _taught(state, held, catalog)
    declared = {
        skill.id: levels.UNSTATED if skill.level is None else skill.level
        for skill in profile.skills
    }
    return Seeker(
        partner_id=state.partner_id,
        personal=personal,
        held=held,
        enrolled=frozenset(c for c, kinds in state.interactions.items() if is_enrolled(kinds)),
        dismissed=frozenset(c for c, kinds in state.interactions.items() if is_dismissed(kinds)),
        completed=completed,
        history=history(state.interactions),
        earned=_earned(declared, taught),
        levels=_left(declared, taught, evidence, catalog, milliseconds(now)),
        declared=declared,
        occupation=profile.target_occupation,
    )


def held_credentials(state: LearnerState) -> frozenset[str]:
    """What the newest snapshot says is held and neither expired nor revoked."""
    return frozenset(each.credential_id for each in holding(_credentials(state)))


def is_dismissed(kinds: Mapping[Kind, int]) -> bool:
    """Whether a dismissal stands: nothing but viewing has come after it."""
    dismissed = kinds.get("dismiss")
    if dismissed is None:
        return False
    return all(kinds[kind] <= dismissed for kind in CHANGES_MIND if kind in kinds)


def is_enrolled(kinds: Mapping[Kind, int]) -> bool:
    """Whether an enrolment stands: no withdrawal has come after it."""
    enrolled, withdrawn = kinds.get("enroll"), kinds.get("withdraw")
    return enrolled is not None and (withdrawn is None or enrolled > withdrawn)


def own_constraints(state: LearnerState) -> Constraints:
    """What the newest snapshot asks of every recommendation; nothing without one."""
    return Constraints() if state.profile is None else own(state.profile.profile)


def _credentials(state: LearnerState) -> list[HeldCredential]:
    return [] if state.profile is None else state.profile.held_credentials


def _evidence(state: LearnerState, held: Iterable[str]) -> dict[str, int | None]:
    """When each held credential was earned (Unix milliseconds), the last time; None when nobody said."""
    dates: dict[str, list[int]] = {each: [] for each in held}
    for each in _credentials(state):
        if each.credential_id in dates and each.awarded_at is not None:
            dates[each.credential_id].append(milliseconds(each.awarded_at))
    for credential_id, kinds in state.interactions.items():
        if "complete" in kinds:
            dates[credential_id].append(kinds["complete"])
    return {credential_id: max(known, default=None) for credential_id, known in dates.items()}


def _taught(
    state: LearnerState, held: frozenset[str], catalog: CatalogIndex
) -> dict[str, Mapping[str, float]]:
    """What each held credential teaches: as the catalog says, else as the issuer of a badge aligned it."""
    taught: dict[str, Mapping[str, float]] = {id: catalog.skills_taught(id) for id in held}
    for each in _credentials(state):
        if each.skills and each.credential_id in held and not taught[each.credential_id]:
            taught[each.credential_id] = dict.fromkeys(each.skills, levels.UNSTATED)
    return taught


def _earned(
    declared: Mapping[str, float], taught: Mapping[str, Mapping[str, float]]
) -> dict[str, float]:
    earned = dict(declared)
    for skills in taught.values():
        for skill_id, level in skills.items():
            earned[skill_id] = max(level, earned.get(skill_id, 0.0))
    return earned


def _left(
    declared: Mapping[str, float],
    taught: Mapping[str, Mapping[str, float]],
    evidence: Mapping[str, int | None],
    catalog: CatalogIndex,
    now: int,
) -> dict[str, float]:
    """What the learner says of themself has no date and does not fade."""
    left = dict(declared)
    for credential_id, at in evidence.items():
        for skill_id, level in taught[credential_id].items():
            share = 1.0 if at is None else fading.left(catalog.half_life(skill_id), at, now)
            left[skill_id] = max(level * share, left.get(skill_id, 0.0))
    return left
