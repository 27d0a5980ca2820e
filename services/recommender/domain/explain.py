"""Why an item is in a list: reasons that follow from what put it there, and what to be careful about."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

from msgspec import Struct

from libs.common.contracts.redis_values import ListReason
from services.recommender.domain.ask import Ask
from services.recommender.domain.fit import UNKNOWN
from services.recommender.domain.fusion import Signal
from services.recommender.domain.gap import Goal
from services.recommender.domain.notes import Notes

MOST_REASONS = 4
MOST_NAMED = 3
OTHERS_NEEDED = 10
"""A reason that speaks of other learners needs at least so many of them."""
BECAUSE_SHARE = 0.2
NEW = timedelta(days=60)
OF_HISTORY: frozenset[Signal] = frozenset({"affinity", "related", "transition", "content"})


class Placing(Struct, frozen=True):
    """What is known of one item.

    signals: what speaks for it more than for most, the loudest first. closes: the missing skills that it teaches. because:
    credentials of the history that raised it, with their share, the strongest first. support: how
    many learners stand behind it. net_cents: -1 unknown.
    """

    row: int
    credential_id: str
    signals: list[Signal]
    closes: list[str]
    because: list[tuple[str, float]]
    support: float
    net_cents: int


def reasons(placing: Placing, ask: Ask, *, discovery: bool = False) -> list[ListReason]:
    """At least one and at most four, the strongest first; of a discovery that it is one."""
    first = [ListReason("discovery")] if discovery else []
    found = [*first, *islice(_found(placing, ask), MOST_REASONS - len(first))]
    return found or [_at_least(placing)]


def _at_least(placing: Placing) -> ListReason:
    """What can be said where nothing can be named: too few learners, or no skill in common."""
    loudest = placing.signals[0] if placing.signals else "value"
    return ListReason("fits_history" if loudest in OF_HISTORY else "ranked_by_value")


def _found(placing: Placing, ask: Ask) -> Iterator[ListReason]:
    if ask.goal is not None:
        yield from _toward_goal(placing, ask.goal)
    yield from _from_history(placing, ask)
    yield from _from_skills(placing, ask)
    if "trend" in placing.signals and placing.support >= OTHERS_NEEDED:
        yield ListReason("trending")
    yield from _from_itself(placing, ask.catalog.notes[placing.row], ask)


def advisories(placing: Placing, ask: Ask) -> list[ListReason]:
    """What to be careful about."""
    found = list(ask.catalog.notes[placing.row].advisories)
    if placing.net_cents == UNKNOWN:
        found.append(ListReason("unknown_cost"))
    return [*of_goal(ask.goal), *found]


def of_goal(goal: Goal | None) -> Iterator[ListReason]:
    """What the law asks for first, or must be asked about."""
    if goal is not None and goal.status == "blocked_pending_licence":
        params = {"occupation": goal.occupation_id, "regulator": goal.regulator}
        yield ListReason("regulated_occupation", params)
    if goal is not None and goal.status == "check_regulator":
        yield ListReason("check_regulator", {"occupation": goal.occupation_id})


def _toward_goal(placing: Placing, goal: Goal) -> Iterator[ListReason]:
    if placing.closes:
        params: dict[str, Any] = {"skills": placing.closes[:MOST_NAMED]}
        if goal.occupation_id is not None:
            params["occupation"] = goal.occupation_id
        yield ListReason("closes_skill_gap", params)
    if "goal" in placing.signals:
        yield ListReason("leads_to_occupation", {"occupation": goal.occupation_id})


def _from_history(placing: Placing, ask: Ask) -> Iterator[ListReason]:
    built_on = ask.following.get(placing.row, [])
    if built_on:
        yield ListReason("builds_on", {"credentials": built_on[:MOST_NAMED]})
    named = [each for each, share in placing.because if share >= BECAUSE_SHARE]
    done = [each for each in named if each in ask.who.completed and each not in built_on]
    if done:
        yield ListReason("because_completed", {"credentials": done[:MOST_NAMED]})
    if seen := [each for each in named if each not in ask.who.completed]:
        yield ListReason("because_viewed", {"credentials": seen[:MOST_NAMED]})
    if "affinity" in placing.signals and placing.support >= OTHERS_NEEDED:
        yield ListReason("similar_learners")


def _from_skills(placing: Placing, ask: Ask) -> Iterator[ListReason]:
    if "content" in placing.signals:
        taught = ask.catalog.taught[placing.row]
        if related := [skill_id for skill_id in taught if skill_id in ask.who.levels]:
            yield ListReason("teaches_related_skills", {"skills": related[:MOST_NAMED]})


def _from_itself(placing: Placing, notes: Notes, ask: Ask) -> Iterator[ListReason]:
    yield from notes.attested
    if placing.net_cents == 0:
        yield ListReason("free_for_you")
    if notes.published_at is not None and ask.now - notes.published_at < NEW:
        yield ListReason("new_credential")
