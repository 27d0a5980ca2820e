"""The learner's life, without a database."""

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

from libs.common.contracts.calls import ConsentChange, LearnerBody, SelfReported
from libs.common.contracts.profile import Budget, Consent, HeldSkill, Learner
from services.profile.domain import learner as domain
from tests.unit.profile.factories import MOMENT, consent, some_learner

LATER = MOMENT + timedelta(hours=1)


def test_creation_takes_the_defaults_of_consent():
    """A new learner has consented to personalisation and not to sharing with a team, unless they say so."""
    body = LearnerBody(region="US-CA", consent=ConsentChange(team_sharing=True))
    created = domain.created("p", "l", body, learner_key="k", at=MOMENT)
    assert created == Learner(
        learner_key="k",
        revision=1,
        consent_changed_at=MOMENT,
        partner_id="p",
        learner_id="l",
        region="US-CA",
        consent=Consent(personalization=True, team_sharing=True),
    )


def test_revisions_go_on_after_an_erasure():
    """Who comes back under a new key has a higher revision than the erased learner of the same id."""
    gone = domain.erased(some_learner(), at=LATER)
    back = domain.created("p", "l", LearnerBody(), learner_key="k2", at=LATER, before=gone)
    assert back.revision == gone.revision + 1


def test_replacing_empties_what_the_body_omits():
    """A field that the new body does not have becomes empty; what is held stays."""
    before = domain.holding(
        some_learner(skills=[HeldSkill(id="s")], region="US", budget=Budget(amount=Decimal(5))),
        SelfReported(credential_id="c"),
    )
    after = domain.replaced(before, LearnerBody(languages=["en"]), at=LATER)
    assert (after.skills, after.region, after.budget) == ([], None, None)
    assert after.languages == ["en"]
    assert after.held_credentials == before.held_credentials
    assert after.revision == before.revision + 1


def test_the_same_body_keeps_the_revision():
    """Replacing a profile by an equal one gives the very same learner."""
    before = some_learner(region="US", budget=Budget(amount=Decimal(5)))
    assert (
        domain.replaced(
            before, LearnerBody(region="US", budget=Budget(amount=Decimal(5))), at=LATER
        )
        is before
    )


def test_omitted_consent_stays_as_it_is():
    """Neither a body without consent nor one with half of it changes what is not said."""
    before = some_learner(consent=Consent(personalization=False, team_sharing=True))
    assert domain.replaced(before, LearnerBody(region="US"), at=LATER).consent == before.consent
    half = LearnerBody(consent=ConsentChange(team_sharing=False))
    assert domain.replaced(before, half, at=LATER).consent == Consent(
        personalization=False, team_sharing=False
    )


def test_consent_changed_at_moves_only_with_personalization():
    """Withdrawal and renewal are new moments; other changes, sharing with a team among them, are none."""
    before = some_learner()
    sharing = LearnerBody(region="US", consent=ConsentChange(team_sharing=True))
    assert domain.replaced(before, sharing, at=LATER).consent_changed_at == MOMENT
    withdrawn = domain.replaced(before, consent(False), at=LATER)
    assert withdrawn.consent_changed_at == LATER
    renewed = domain.replaced(withdrawn, consent(True), at=LATER + timedelta(seconds=1))
    assert renewed.consent_changed_at == LATER + timedelta(seconds=1)


def test_consent_changed_at_rises_when_the_clock_does_not():
    """Two changes in one millisecond, or under a clock set back, still have rising moments."""
    learner = some_learner()
    moments = [learner.consent_changed_at]
    for agreed in (False, True, False):
        learner = domain.replaced(learner, consent(agreed), at=MOMENT - timedelta(days=1))
        moments.append(learner.consent_changed_at)
    moments.append(domain.erased(learner, at=MOMENT).consent_changed_at)
    steps = [after - before for before, after in pairwise(moments)]
    assert all(step >= timedelta(milliseconds=1) for step in steps)


def test_a_reported_credential_is_held_once():
    """The same report changes nothing; a date is added when it comes, and kept when it is omitted."""
    once = domain.holding(some_learner(), SelfReported(credential_id="c"))
    assert domain.holding(once, SelfReported(credential_id="c")) is once
    dated = domain.holding(once, SelfReported(credential_id="c", awarded_at=MOMENT))
    assert [h.awarded_at for h in dated.held_credentials] == [MOMENT]
    assert dated.revision == once.revision + 1
    assert domain.holding(dated, SelfReported(credential_id="c")) is dated
    assert domain.held(dated)["c"].status == "self_reported"


def test_nothing_personal_is_left_of_an_erased_learner():
    """Erasure keeps the key, a newer revision and a newer moment, and nothing else."""
    before = domain.holding(
        some_learner(skills=[HeldSkill(id="s")], groups={"age": "60+"}),
        SelfReported(credential_id="c"),
    )
    assert domain.erased(before, at=LATER) == Learner(
        learner_key="key",
        revision=before.revision + 1,
        consent_changed_at=LATER,
        erased=True,
        consent=Consent(personalization=False, team_sharing=False),
    )
