"""The vocabulary of answers: codes that a client can translate, and the parameters that they come with.

Reasons and advisories say why an item is listed and what to know of it; value facts what its value
rests on; the rest why a path stops and what would make something fit. The sentences are the gateway's
(`services/gateway/messages`), one file a language.
"""

from typing import NamedTuple


class Message(NamedTuple):
    """`params` always come; `optional` may be absent or null, and is worth a sentence of its own where
    it is not."""

    params: frozenset[str] = frozenset()
    optional: str | None = None

    @property
    def all(self) -> frozenset[str]:
        """Every parameter that may come."""
        return self.params if self.optional is None else self.params | {self.optional}


def _with(*params: str, optional: str | None = None) -> Message:
    return Message(frozenset(params), optional)


REASONS = {
    "because_completed": _with("credentials"),
    "because_viewed": _with("credentials"),
    "similar_learners": _with(),
    "trending": _with(),
    "closes_skill_gap": _with("skills", optional="occupation"),
    "teaches_related_skills": _with("skills"),
    "builds_on": _with("credentials"),
    "fits_history": _with(),
    "high_value": _with("component", "kind", optional="agent"),
    "ranked_by_value": _with(),
    "free_for_you": _with(),
    "leads_to_occupation": _with("occupation"),
    "new_credential": _with(),
    "successor_of": _with("credentials"),
    "discovery": _with(),
}
ADVISORIES = {
    "regulated_occupation": _with("occupation", optional="regulator"),
    "check_regulator": _with("occupation"),
    "no_regulation_record": _with("occupation"),
    "no_skill_data": _with("occupation"),
    "no_outcome_data": _with(),
    "unknown_cost": _with(),
    "ceasing": _with(),
}
VALUE_FACTS = {
    "value_accredits": _with("agent", "strength"),
    "value_approves": _with("agent", "strength"),
    "value_recognizes": _with("agent", "strength"),
    "value_endorses": _with("agent", "strength"),
    "value_assessed": _with(optional="type"),
    "value_employment": _with("share", "n"),
    "value_completion": _with("share", "n"),
    "value_earnings": _with("earnings", "n"),
    "value_earnings_lower": _with("earnings", "n"),
    "value_earnings_level": _with("earnings", "n"),
    "value_outcome_suppressed": _with("kind"),
    "value_no_outcome_data": _with(),
}
PATHS = {
    "stopped_covered": _with(),
    "stopped_diminishing_returns": _with(),
    "stopped_budget": _with(),
    "stopped_time": _with(),
    "stopped_max_steps": _with(),
    "stopped_nothing_feasible": _with(),
    "stopped_licence_first": _with(),
    "traditional_route": _with("occupation", optional="licences"),
}
RELAXATIONS = {
    "relax_max_cost": _with("admits", optional="money"),
    "relax_max_hours": _with("admits", optional="hours"),
    "relax_time": _with("admits", optional="weeks"),
    "relax_delivery": _with("admits", optional="delivery"),
    "relax_languages": _with("admits", optional="languages"),
    "relax_region": _with("admits"),
}
WAYS = {"delivery_online": _with(), "delivery_in_person": _with(), "delivery_blended": _with()}
MESSAGES: dict[str, Message] = {
    **REASONS,
    **ADVISORIES,
    **VALUE_FACTS,
    **PATHS,
    **RELAXATIONS,
    **WAYS,
}
