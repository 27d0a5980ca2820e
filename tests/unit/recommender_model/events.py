"""Random snapshots and interactions of a few learners, as hypothesis strategies."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from libs.common.contracts.profile import Consent, Interaction, Learner
from services.recommender.trainer.columns import KINDS

Event = Learner | Interaction
T0 = datetime(2026, 1, 1, tzinfo=UTC)


def at(minutes: int) -> datetime:
    return T0 + timedelta(minutes=minutes)


def interaction(
    learner: str, credential: str, kind: str, minute: int, consent_minute: int = 0
) -> Interaction:
    return Interaction(
        learner_key=learner,
        partner_id="p",
        credential_id=credential,
        kind=kind,
        occurred_at=at(minute),
        accepted_at=at(minute),
        consent_changed_at=at(consent_minute),
    )


def snapshot(
    learner: str, revision: int, consent_minute: int = 0, *, yes: bool = True, erased: bool = False
) -> Learner:
    return Learner(
        learner_key=learner,
        revision=revision,
        consent_changed_at=at(consent_minute),
        erased=erased,
        consent=Consent(personalization=yes),
    )


KEYS = st.sampled_from(["l1", "l2", "ünïcode", "l4"])
INTERACTIONS = st.builds(
    interaction,
    KEYS,
    st.sampled_from(["c1", "c2", "a/b", "é"]),
    st.sampled_from(KINDS),
    st.integers(0, 6),
    st.integers(0, 3),
)
# As profile publishes them: each consent is one moment, and says either yes or no.
SNAPSHOTS = st.builds(
    lambda key, revision, minute: snapshot(key, revision, minute, yes=minute != 2),
    KEYS,
    st.integers(0, 3),
    st.integers(0, 3),
)
ERASURES = st.builds(lambda key: snapshot(key, 9, 5, erased=True), KEYS)
EVENTS = st.lists(
    st.one_of(INTERACTIONS, INTERACTIONS, INTERACTIONS, SNAPSHOTS, ERASURES), max_size=60
)
