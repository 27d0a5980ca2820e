"""The value of a credential as an interval: what is known of it, and how surely.

For components with weight w, score s and evidence e (all 0 to 1)

    low = Σ w·e·s / Σ w        high = Σ w·(e·s + 1 - e) / Σ w        evidence = Σ w·e / Σ w

so the unknown widens the interval and never counts as bad. Nothing paid and no click enters.
Sources: CTDL (AccreditAction, RecognizeAction, AggregateDataProfile), National Skills Coalition 2019,
Rutgers EERC 2019, Burning Glass Credential Value Index, WIOA performance indicators.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from libs.common.contracts.catalog import CredentialBody
from libs.common.rules.value_components import (
    Finding,
    accreditation,
    assessment,
    outcomes,
    recency,
    recognition,
)

Component = Literal["accreditation", "recognition", "outcomes", "assessment", "recency"]

WEIGHTS: dict[Component, float] = {
    "accreditation": 0.25,
    "recognition": 0.25,
    "outcomes": 0.30,
    "assessment": 0.15,
    "recency": 0.05,
}
# How far into the unknown part of an interval a credential is ranked: at 0 whoever is new comes last.
KAPPA = 0.3
QUALITY_FLOOR = 0.25
"""The least score that is recommended. A credential of which nothing is known has κ, 0.3: only what is
known to be poor falls below."""


class Fact(Struct, frozen=True):
    """Something shown beside the interval; `code` and `params` make its sentence."""

    component: Component
    strength: str
    code: str
    params: dict[str, Any]


class Value(Struct, frozen=True):
    """The interval, the share of it that is known, and the facts. All numbers are 0 to 1."""

    low: float
    high: float
    evidence: float
    facts: Sequence[Fact]


def assess(credential: CredentialBody, *, now: datetime, region: str | None = None) -> Value:
    """The value of a credential for someone in a region (ISO 3166-1 or -2)."""
    findings: dict[Component, Finding] = {
        "accreditation": accreditation(credential, now),
        "recognition": recognition(credential, now, region),
        "outcomes": outcomes(credential),
        "assessment": assessment(credential),
        "recency": recency(credential, now),
    }
    total = sum(WEIGHTS.values())
    low = sum(WEIGHTS[name] * f.evidence * f.score for name, f in findings.items()) / total
    evidence = sum(WEIGHTS[name] * f.evidence for name, f in findings.items()) / total
    facts = [
        Fact(name, fact.strength, fact.code, fact.params)
        for name, finding in findings.items()
        for fact in finding.facts
    ]
    return Value(low, min(1.0, low + 1 - evidence), evidence, facts)


def vouched(value: Value) -> dict[str, str] | None:
    """Who stands behind a credential: a reciprocal assertion before a third party's, accreditation before
    recognition. The parameters of the reason `high_value`; None where only the issuer speaks for it."""
    by_others = [fact for fact in value.facts if fact.strength in ("reciprocal", "third_party")]
    named = [fact for fact in by_others if "agent" in fact.params]
    if not named:
        return None
    best = min(named, key=lambda fact: fact.strength != "reciprocal")
    kind = best.code.removeprefix("value_")
    return {"component": best.component, "kind": kind, "agent": best.params["agent"]}


def score(value: Value) -> float:
    """The one number to rank on, low + κ·(high - low), from 0 to 1."""
    return value.low + KAPPA * (value.high - value.low)
