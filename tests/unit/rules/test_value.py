from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from libs.common.contracts.catalog import Agent, Assertion, Assessment, Credential, Outcome
from libs.common.rules.reasons import VALUE_FACTS
from libs.common.rules.value import Value, assess, score
from tests.factories.catalog import EPOCH, assertion, credential

NOW = EPOCH + timedelta(days=100)
DATED = {"reciprocal": True, "start": EPOCH}

assertions = st.builds(
    Assertion,
    kind=st.sampled_from(["accredits", "recognizes", "approves", "endorses"]),
    agent=st.sampled_from([Agent(id=name, name=name) for name in "abcd"]),
    reciprocal=st.booleans(),
    start=st.sampled_from([None, EPOCH]),
    end=st.sampled_from([None, EPOCH, NOW + timedelta(days=1)]),
)
outcomes = st.builds(
    Outcome,
    kind=st.sampled_from(["employment", "completion"]),
    value=st.floats(0, 1),
    n=st.none() | st.integers(0, 500),
    source=st.none() | st.just("registry"),
)
earnings = st.builds(
    Outcome,
    kind=st.just("earnings"),
    value=st.floats(0, 200_000),
    currency=st.sampled_from(["USD", "EUR"]),
    n=st.none() | st.integers(0, 500),
    baseline=st.none() | st.floats(0, 200_000),
    source=st.none() | st.just("registry"),
)
credentials = st.builds(
    lambda a, o, s: credential(assertions=a, outcomes=o, assessment=s),
    st.lists(assertions, max_size=4),
    st.lists(outcomes | earnings, max_size=3),
    st.none() | st.builds(Assessment, supervised=st.booleans(), identity_verified=st.booleans()),
)


def value(**parts: Any) -> Value:
    return assess(credential(**parts), now=NOW)


def width(of: Value) -> float:
    return of.high - of.low


@given(credentials)
def test_the_interval_is_within_zero_and_one(held: Credential) -> None:
    """0 ≤ low ≤ high ≤ 1, and the score lies between."""
    found = assess(held, now=NOW)
    assert -1e-9 <= found.low <= score(found) <= found.high + 1e-9 <= 1 + 2e-9


@given(credentials)
def test_every_fact_has_a_sentence(held: Credential) -> None:
    """Its code is in the vocabulary, with the parameters that the sentence needs."""
    for fact in assess(held, now=NOW).facts:
        message = VALUE_FACTS[fact.code]
        assert message.params <= fact.params.keys() <= message.all


@given(credentials, assertions)
def test_claiming_something_good_lowers_neither_end(held: Credential, claim: Assertion) -> None:
    """One more assertion raises or keeps both ends and never widens the interval."""
    before = assess(held, now=NOW)
    more = credential(
        assertions=[*held.assertions, claim], outcomes=held.outcomes, assessment=held.assessment
    )
    after = assess(more, now=NOW)
    assert after.low >= before.low - 1e-9
    assert after.high >= before.high - 1e-9
    assert width(after) <= width(before) + 1e-9


def test_reciprocal_and_dated_beats_a_self_claim() -> None:
    """Scenario 2: alike but for the accreditation, the reciprocal one ranks higher and names its agent."""
    claimed, confirmed = (
        value(assertions=[assertion("Agency")]),
        value(assertions=[assertion("Agency", **DATED)]),
    )
    assert score(confirmed) > score(claimed) > score(value())
    fact = confirmed.facts[0]
    assert (fact.component, fact.strength, fact.params) == (
        "accreditation",
        "reciprocal",
        {"agent": "Agency", "strength": "reciprocal"},
    )


def test_an_expired_accreditation_is_shown_and_does_not_count() -> None:
    """Its evidence is 0, the fact stays."""
    expired = value(assertions=[assertion(end=EPOCH, **DATED)])
    assert expired.low == value().low
    assert expired.facts[0].strength == "expired"


def test_measured_bad_outcomes_rank_below_unknown() -> None:
    """Unknown outcomes rank above a measured poor rate and below a measured good one."""

    def rate(r: float) -> Value:
        return value(outcomes=[Outcome(kind="employment", value=r, n=400, source="registry")])

    assert score(rate(0.05)) < score(value()) < score(rate(0.95))


def test_small_samples_and_bare_levels_do_not_count() -> None:
    """Under ten graduates, and earnings without a baseline, are shown as such and change nothing."""
    small = value(outcomes=[Outcome(kind="completion", value=1.0, n=9)])
    bare = value(outcomes=[Outcome(kind="earnings", value=90_000, n=400, currency="USD")])
    assert small.low == bare.low == value().low
    assert {fact.code for fact in (*small.facts, *bare.facts)} == {
        "value_outcome_suppressed",
        "value_earnings_level",
    }


def test_earnings_in_another_currency_are_shown_and_not_judged() -> None:
    """The scale of a gain is in dollars: 5,000 yen more would else count as much."""

    def gained(currency: str) -> Value:
        earnings = Outcome(kind="earnings", value=45_000, baseline=40_000, n=400, currency=currency)
        return value(outcomes=[earnings])

    assert gained("USD").low > value().low
    assert gained("JPY").low == value().low
    assert [(fact.code, fact.strength) for fact in gained("JPY").facts] == [
        ("value_earnings", "unknown")
    ]
