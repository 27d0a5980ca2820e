"""The components of value: each finds a score, an evidence strength and the facts behind them.

Accreditation, recognition and assessment are claims of something good: their score is 1 and what
is known of them is their evidence, so that a claim never lowers either end of the interval.
Outcomes and recency are measurements: their score may be low.
"""

import math
from datetime import datetime
from typing import Any, Literal, NamedTuple

from libs.common.contracts.catalog import Assertion, CredentialBody, Outcome
from libs.common.rules.money import covers

Strength = Literal["self_claimed", "third_party", "reciprocal", "expired", "unknown"]
EVIDENCE: dict[Strength, float] = {
    "self_claimed": 0.3,
    "third_party": 0.7,
    "reciprocal": 1.0,
    "expired": 0.0,
    "unknown": 0.0,
}
RECOGNISERS_SCALE = 3.0
SHRINKAGE_N = 30
SMALLEST_N = 10
PRIOR_RATE = 0.5
EARNINGS_SCALE, EARNINGS_CURRENCY = 5_000, "USD"
RECENCY_HALF_LIFE_DAYS = 5 * 365.25
ASSESSED, SUPERVISED, IDENTITY_VERIFIED = 0.4, 0.3, 0.3


class Finding(NamedTuple):
    """Score and evidence from 0 to 1, and what they rest on."""

    score: float
    evidence: float
    facts: "list[Shown]"


class Shown(NamedTuple):
    """One fact: how strong it is, and the code and parameters of its sentence."""

    strength: Strength
    code: str
    params: dict[str, Any]


def accreditation(credential: CredentialBody, now: datetime) -> Finding:
    """The strongest current accreditation or approval."""
    asserted = [a for a in credential.assertions if a.kind in ("accredits", "approves")]
    facts = [_asserted(each, now) for each in asserted]
    return Finding(1.0, max((EVIDENCE[fact.strength] for fact in facts), default=0.0), facts)


def recognition(credential: CredentialBody, now: datetime, region: str | None) -> Finding:
    """Recognition saturates: 1 - exp(-n / κr) for n distinct agents who recognise it in the region."""
    asserted = [
        a
        for a in credential.assertions
        if a.kind in ("recognizes", "endorses") and _applies(a, region)
    ]
    facts = [_asserted(each, now) for each in asserted]
    by_agent: dict[str, float] = {}
    for assertion, fact in zip(asserted, facts, strict=True):
        agent = assertion.agent.id
        by_agent[agent] = max(by_agent.get(agent, 0.0), EVIDENCE[fact.strength])
    return Finding(1.0, 1 - math.exp(-sum(by_agent.values()) / RECOGNISERS_SCALE), facts)


def outcomes(credential: CredentialBody) -> Finding:
    """Measured outcomes, each weighed by its evidence; small samples and bare levels do not count."""
    measured = [
        (s, EVIDENCE[_source_strength(o)])
        for o in credential.outcomes
        if (s := _outcome_score(o)) is not None
    ]
    facts = [_outcome_fact(outcome) for outcome in credential.outcomes]
    if not measured:
        return Finding(0.0, 0.0, facts or [Shown("unknown", "value_no_outcome_data", {})])
    weight = sum(evidence for _, evidence in measured)
    score = sum(s * evidence for s, evidence in measured) / weight
    return Finding(score, max(evidence for _, evidence in measured), facts)


def assessment(credential: CredentialBody) -> Finding:
    """How the issuer says it assesses: a claim of its own."""
    held = credential.assessment
    if held is None:
        return Finding(1.0, 0.0, [])
    share = ASSESSED + SUPERVISED * held.supervised + IDENTITY_VERIFIED * held.identity_verified
    fact = Shown("self_claimed", "value_assessed", {"type": held.type})
    return Finding(1.0, share * EVIDENCE["self_claimed"], [fact])


def recency(credential: CredentialBody, now: datetime) -> Finding:
    """2^(-age / half-life) of the publication; the half-life is five years."""
    if credential.published_at is None:
        return Finding(0.0, 0.0, [])
    days = max(0.0, (now - credential.published_at).total_seconds() / 86_400)
    return Finding(2 ** (-days / RECENCY_HALF_LIFE_DAYS), 1.0, [])


def strength(assertion: Assertion, now: datetime) -> Strength:
    """How much an assertion can be relied on now."""
    if (assertion.end is not None and assertion.end < now) or (
        assertion.start is not None and assertion.start > now
    ):
        return "expired"
    if assertion.reciprocal and assertion.start is not None:
        return "reciprocal"
    if assertion.reciprocal or assertion.evidence_url is not None:
        return "third_party"
    return "self_claimed"


def _applies(assertion: Assertion, region: str | None) -> bool:
    place = assertion.jurisdiction
    return place is None or region is None or covers(place, region)


def _asserted(assertion: Assertion, now: datetime) -> Shown:
    how = strength(assertion, now)
    params = {"agent": assertion.agent.name, "strength": how}
    return Shown(how, f"value_{assertion.kind}", params)


def _source_strength(outcome: Outcome) -> Strength:
    return "self_claimed" if outcome.source is None else "third_party"


def _outcome_score(outcome: Outcome) -> float | None:
    """The score of one outcome, None when it cannot be judged."""
    if outcome.n is None or outcome.n < SMALLEST_N:
        return None
    if outcome.kind == "earnings":
        if outcome.baseline is None or outcome.currency != EARNINGS_CURRENCY:
            return None
        return min(1.0, max(0.0, (outcome.value - outcome.baseline) / EARNINGS_SCALE))
    prior = PRIOR_RATE if outcome.baseline is None else min(1.0, outcome.baseline)
    return (outcome.value * outcome.n + SHRINKAGE_N * prior) / (outcome.n + SHRINKAGE_N)


def _outcome_fact(outcome: Outcome) -> Shown:
    if outcome.n is None or outcome.n < SMALLEST_N:
        return Shown("unknown", "value_outcome_suppressed", {"kind": outcome.kind})
    if outcome.kind == "earnings":
        return _earnings_fact(outcome)
    params = {"share": outcome.value, "n": outcome.n}
    return Shown(_source_strength(outcome), f"value_{outcome.kind}", params)


def _earnings_fact(outcome: Outcome) -> Shown:
    """Above or below the baseline, judged in dollars only; without one a level is shown as a level."""
    gain = outcome.value - (outcome.baseline or 0.0)
    earnings = {"amount": f"{abs(gain):.0f}", "currency": outcome.currency}
    params = {"earnings": earnings, "n": outcome.n}
    if outcome.baseline is None:
        return Shown("unknown", "value_earnings_level", params)
    code = "value_earnings" if gain >= 0 else "value_earnings_lower"
    judged = outcome.currency == EARNINGS_CURRENCY
    return Shown(_source_strength(outcome) if judged else "unknown", code, params)
