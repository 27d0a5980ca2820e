"""Credentials as CTDL and back."""

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
    Assessment,
    Cost,
    Credential,
    CredentialBody,
    Issuer,
    Outcome,
    Prerequisite,
    TaughtSkill,
)
from services.catalog.formats import ctdl
from services.catalog.formats.ctdl_writing import nodes
from services.catalog.importers.ctdl import claims_in

addresses = st.from_regex(r"https://[a-z]{1,8}\.example/[a-z0-9]{1,12}", fullmatch=True)
amounts = st.decimals(0, 100_000, places=2)
currencies = st.sampled_from(["USD", "EUR", "JPY"])
moments = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))
months = st.integers(0, 600)
names = st.text("abc é<>&", min_size=1, max_size=9).filter(str.strip)
# An organisation has one name in a graph.
agents = addresses.map(lambda each: Agent(id=f"{each}/agency", name=f"Agency of {each}"))
assertions = st.builds(
    Assertion,
    kind=st.sampled_from(["accredits", "recognizes", "approves", "endorses"]),
    agent=agents,
    start=st.none() | moments,
    end=st.none() | moments,
    evidence_url=st.none() | addresses,
    jurisdiction=st.none() | st.sampled_from(["US", "US-CA", "DE"]),
    reciprocal=st.booleans(),
)
earnings = st.builds(
    Outcome,
    kind=st.just("earnings"),
    value=st.integers(0, 20_000_000).map(lambda cents: cents / 100),
    currency=currencies,
    months=st.none() | months,
)
credentials = st.builds(
    Credential,
    id=addresses,
    revision=st.just(1),
    updated_at=st.just(datetime(2026, 1, 1, tzinfo=UTC)),
    type=st.sampled_from(["Badge", "Certificate", "MicroCredential", "License", "Degree"]),
    name=names,
    status=st.sampled_from(["active", "ceasing", "deprecated", "suspended"]),
    issuer=addresses.map(lambda each: Issuer(id=each, name="College", sector="public")),
    url=addresses,
    ctid=st.none() | st.just("ce-1"),
    description=st.none() | names,
    image=st.none() | addresses,
    languages=st.lists(st.sampled_from(["en", "es"]), max_size=1),
    skills=st.lists(st.builds(TaughtSkill, id=addresses, assessed=st.booleans()), max_size=1),
    occupations=st.lists(addresses | st.just("onet:15-1252.00"), max_size=1),
    level=st.none() | st.sampled_from(["beginner", "intermediate", "advanced"]),
    eqf_level=st.none() | st.integers(1, 8),
    cost=st.lists(
        st.builds(
            Cost,
            amount=amounts,
            currency=currencies,
            kind=st.sampled_from(["tuition", "enrollment", "assessment", "materials", "other"]),
        ),
        max_size=2,
    ),
    aid=st.lists(st.builds(Aid, name=names, amount=amounts, currency=currencies), max_size=1),
    workload_hours=st.none() | st.floats(0, 10_000).map(lambda each: round(each, 3)),
    delivery=st.lists(st.sampled_from(["online", "in_person", "blended"]), max_size=1),
    places=st.lists(st.sampled_from(["US", "US-CA", "DE"]), max_size=1),
    prerequisites=st.lists(
        st.builds(Prerequisite, skill=addresses) | st.builds(Prerequisite, credential=addresses),
        max_size=1,
    ),
    leads_to=st.lists(addresses, max_size=1),
    renewal_months=st.none() | months,
    assertions=st.lists(assertions, max_size=1),
    outcomes=st.lists(earnings, max_size=1),
    assessment=st.none() | st.builds(Assessment, type=names, supervised=st.booleans()),
    published_at=st.none() | moments,
    superseded_by=st.none() | addresses,
)


def again(of: Credential) -> CredentialBody:
    """Written as JSON, read back from it as an import reads a graph."""
    graph: list[dict[str, Any]] = msgspec.json.decode(msgspec.json.encode(nodes(of)))
    by_id = {each["@id"]: each for each in graph if "@id" in each}
    claims = [claim for each in graph for claim in claims_in(each)]

    def about(own_id: str) -> Iterator[Any]:
        return (claim for claim, object in claims if object == own_id)

    reading = ctdl.read(graph[0], by_id.get, about)
    assert reading.faults == []
    assert reading.parts.pop("id") == of.id
    return msgspec.convert(reading.parts, CredentialBody, strict=False)


@settings(max_examples=1_000)
@given(credentials)
def test_a_credential_comes_back_as_it_was(of: Credential) -> None:
    """All of it, its addresses, money, durations and dates before all; hours to the last minute."""
    found = msgspec.structs.asdict(again(of))
    for name in CredentialBody.__struct_fields__:
        expected = getattr(of, name)
        if name == "workload_hours" and expected is not None:
            assert abs(found[name] - expected) < 1e-9
        else:
            assert found[name] == expected, name


def test_rates_and_counts_come_back() -> None:
    """Employment and completion with those of whom they are."""
    outcomes = [
        Outcome(kind="employment", value=0.5, n=40, months=6),
        Outcome(kind="completion", value=0.25, n=80),
    ]
    of = Credential(
        id="https://i.example/1",
        revision=1,
        updated_at=datetime(2026, 1, 1, tzinfo=UTC),
        type="Badge",
        name="Knots",
        status="active",
        issuer=Issuer(id="https://i.example", name="I"),
        url="https://i.example/knots",
        outcomes=outcomes,
        cost=[Cost(amount=Decimal("123456789.000000000001"), currency="JPY", kind="other")],
    )
    found = again(of)
    assert found.outcomes == outcomes
    assert found.cost == of.cost
