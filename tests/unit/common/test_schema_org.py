"""The catalog in schema.org's terms: nothing that others rely on is lost on the way."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.common.contracts.catalog import (
    Agent,
    Aid,
    Assertion,
    Cost,
    Credential,
    Issuer,
    Outcome,
    Prerequisite,
    TaughtSkill,
)
from libs.common.schema_org import Names, document, item_list
from tests.factories.catalog import credential, occupation, skill

NOBODY = Names({}, {}, {})
urls = st.from_regex(r"https://[a-z]{1,8}\.example/[a-z0-9/]{0,12}", fullmatch=True)
amounts = st.decimals(0, 100_000, places=2)
currencies = st.sampled_from(["USD", "EUR", "JPY"])
moments = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))
hours = st.floats(0, 10_000).map(lambda each: round(each, 3))
months = st.integers(0, 600)
names = st.text("abc é<>&", min_size=1, max_size=9)
agents = st.builds(Agent, id=urls, name=names)
credentials = st.builds(
    Credential,
    id=names,
    revision=st.just(1),
    updated_at=moments,
    type=st.sampled_from(["Badge", "Certificate", "License"]),
    name=names,
    status=st.sampled_from(["active", "deprecated"]),
    issuer=st.builds(Issuer, id=urls, name=names),
    url=urls,
    ctid=st.none() | st.just("ce-1"),
    description=st.none() | names,
    image=st.none() | urls,
    skills=st.lists(st.builds(TaughtSkill, id=urls), max_size=1),
    occupations=st.lists(urls, max_size=1),
    cost=st.lists(
        st.builds(Cost, amount=amounts, currency=currencies, kind=st.just("tuition")), max_size=2
    ),
    aid=st.lists(st.builds(Aid, name=names, amount=amounts, currency=currencies), max_size=1),
    workload_hours=st.none() | hours,
    delivery=st.lists(st.sampled_from(["online", "in_person"]), max_size=1, unique=True),
    prerequisites=st.lists(st.builds(Prerequisite, skill=urls), max_size=1),
    leads_to=st.lists(urls, max_size=1),
    renewal_months=st.none() | months,
    assertions=st.lists(
        st.builds(
            Assertion,
            kind=st.sampled_from(["accredits", "recognizes", "approves", "endorses"]),
            agent=agents,
            start=st.none() | moments,
            end=st.none() | moments,
            evidence_url=st.none() | urls,
        ),
        max_size=1,
    ),
    outcomes=st.lists(
        st.builds(
            Outcome,
            kind=st.just("earnings"),
            value=st.floats(0, 200_000),
            currency=currencies,
            months=st.none() | months,
        ),
        max_size=1,
    ),
    published_at=st.none() | moments,
    superseded_by=st.none() | urls,
)


def _values(of: Any) -> Iterator[Any]:
    if isinstance(of, dict):
        for each in of.values():
            yield from _values(each)
    elif isinstance(of, list):
        for each in of:
            yield from _values(each)
    else:
        yield of


def _money(of: Any) -> Iterator[tuple[Decimal, str]]:
    """Every amount with its currency, as offers, grants and observations say it."""
    for each in _nodes(of):
        match each["@type"]:
            case "Offer":
                yield Decimal(each["price"]), each["priceCurrency"]
            case "MonetaryAmount":
                yield Decimal(each["value"]), each["currency"]
            case "Observation":
                yield Decimal(str(each["value"])), each["unitText"]


def _nodes(of: Any) -> Iterator[dict[str, Any]]:
    if isinstance(of, dict):
        if "@type" in of:
            yield of
        for each in of.values():
            yield from _nodes(each)
    elif isinstance(of, list):
        for each in of:
            yield from _nodes(each)


def _hours(duration: str) -> float:
    found = re.fullmatch(r"PT([\d.]+)H(?:(\d+)M)?", duration)
    assert found is not None, duration
    return float(found[1]) + int(found[2] or 0) / 60


@settings(max_examples=1_000)
@given(credentials)
def test_nothing_that_others_rely_on_is_lost(of: Credential) -> None:
    """Every URI, amount with its currency, duration and date of a credential is in its document."""
    made = document(of, NOBODY)
    said = list(_values(made))
    plain = msgspec.to_builtins(of)
    written = {each for each in _values(plain) if isinstance(each, str)}
    assert {each for each in written if each.startswith("https://")} <= set(said)
    dates = [of.published_at, of.updated_at, *(d for a in of.assertions for d in (a.start, a.end))]
    assert {each.isoformat() for each in dates if each is not None} <= set(said)
    amounts = [(each.amount, each.currency) for each in (*of.cost, *of.aid)]
    earnings = [(Decimal(str(each.value)), each.currency) for each in of.outcomes]
    assert sorted(_money(made), key=str) == sorted([*amounts, *earnings], key=str)
    if of.workload_hours is not None:
        (taught,) = (each for each in made["@graph"] if each["@type"] == "Course")
        assert abs(_hours(taught["timeRequired"]) - of.workload_hours) < 1e-9
    lasting = [of.renewal_months, *(each.months for each in of.outcomes)]
    assert {f"P{each}M" for each in lasting if each is not None} <= set(said)


def test_names_and_addresses_are_given_where_they_are_known() -> None:
    """Skills and occupations by name, other credentials by address; what is no address is a code."""
    other = credential("b", name="Looms", url="https://i.example/looms")
    of = credential(
        "a",
        skills=[TaughtSkill(id="skill/weaving")],
        occupations=["onet:51-6063.00"],
        prerequisites=[Prerequisite(credential="b")],
        workload_hours=1.5,
    )
    known = Names(
        {"skill/weaving": skill("skill/weaving", name="Weaving")},
        {"onet:51-6063.00": occupation("onet:51-6063.00", name="Weaver", soc="51-6063.00")},
        {"b": other},
    )
    badge, course = document(of, known)["@graph"]
    assert badge["competencyRequired"] == [
        {"@type": "DefinedTerm", "termCode": "skill/weaving", "name": "Weaving"}
    ]
    (about,) = badge["about"]
    assert (about["identifier"], about["name"]) == ("onet:51-6063.00", "Weaver")
    (required,) = course["coursePrerequisites"]
    assert (required["about"]["@id"], required["about"]["name"]) == (other.url, "Looms")
    assert course["timeRequired"] == "PT1H30M"


def test_a_list_keeps_its_order() -> None:
    """Ranks from one, each with its address."""
    two = [credential(each, url=f"https://i.example/{each}") for each in ("b", "a")]
    listed = item_list(two, NOBODY)
    assert [(each["position"], each["url"]) for each in listed["itemListElement"]] == [
        (1, "https://i.example/b"),
        (2, "https://i.example/a"),
    ]
