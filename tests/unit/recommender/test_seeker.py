"""What a learner still can."""

from datetime import UTC, datetime, timedelta

import pytest

from libs.common.contracts.calls import WhatIf
from libs.common.contracts.catalog import TaughtSkill
from libs.common.contracts.profile import HeldCredential, HeldSkill
from services.recommender.api.usecases import anonymous
from services.recommender.domain.seeker import seeker
from tests.factories.catalog import credential, skill
from tests.unit.recommender.events import at, interaction, learner
from tests.unit.recommender.worlds import NOW, index, state_of

TAUGHT = [TaughtSkill(id="tool", level=0.8), TaughtSkill(id="manner", level=0.8)]
CATALOG = index(
    credential("badge", skills=TAUGHT),
    skill("tool", kind="tool"),
    skill("manner", reuse_level="transversal"),
)


def test_what_was_earned_fades_but_prerequisites_remember() -> None:
    """A tool learned 2.5 years ago is held at half its level, a manner at all of it; what one says of oneself stays."""
    earned = state_of(interaction("badge", "complete", occurred_at=at(0)))
    later = at(0) + timedelta(days=2.5 * 365.25)
    who = seeker(earned, CATALOG, later)
    assert who.levels == {"tool": pytest.approx(0.4), "manner": 0.8}
    assert who.earned == {"tool": 0.8, "manner": 0.8}
    declared = state_of(learner(skills=[HeldSkill(id="tool", level=0.7)]))
    assert seeker(declared, CATALOG, later).levels == {"tool": 0.7}


def test_the_newest_evidence_counts() -> None:
    """A badge that was awarded again, or whose date nobody knows, is not old."""
    old = at(0) - timedelta(days=3650)
    dated = HeldCredential(credential_id="badge", status="verified", awarded_at=old)
    renewed = state_of(
        learner(held_credentials=[dated]), interaction("badge", "complete", occurred_at=NOW)
    )
    assert seeker(renewed, CATALOG, NOW).levels["tool"] == pytest.approx(0.8)
    undated = HeldCredential(credential_id="badge", status="verified")
    assert seeker(state_of(learner(held_credentials=[undated])), CATALOG, NOW).levels["tool"] == 0.8


def test_a_badge_of_no_known_credential_counts_by_its_skills() -> None:
    """At the level of what states none, as long as it is held; what the catalog knows is as the catalog says."""
    aligned = HeldCredential(credential_id="badge:1", status="verified", skills=["tool"])
    who = seeker(state_of(learner(held_credentials=[aligned])), CATALOG, NOW)
    assert (who.levels, who.earned, who.held) == ({"tool": 0.66}, {"tool": 0.66}, {"badge:1"})
    revoked = HeldCredential(credential_id="badge:1", status="revoked", skills=["tool"])
    assert seeker(state_of(learner(held_credentials=[revoked])), CATALOG, NOW).levels == {}
    known = HeldCredential(credential_id="badge", status="verified", skills=["other"])
    who = seeker(state_of(learner(held_credentials=[known])), CATALOG, NOW)
    assert who.earned == {"tool": 0.8, "manner": 0.8}


def test_what_an_anonymous_learner_has_completed_has_not_faded() -> None:
    """Nobody said when: a tool that was completed counts in full."""
    who = seeker(anonymous(WhatIf(completed=["badge"])), CATALOG, datetime.now(UTC))
    assert who.levels["tool"] == pytest.approx(0.8)
