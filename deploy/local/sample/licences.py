"""The sample world's regulated occupations: who regulates them where, and the licence each asks for."""

from decimal import Decimal
from typing import NamedTuple

from libs.common.contracts.catalog import (
    Agent,
    Assertion,
    Assessment,
    Cost,
    CredentialBody,
    Issuer,
    RegulationBody,
    Regulator,
)


class Licence(NamedTuple):
    """A licence: its occupation and jurisdiction, its regulator, what it reserves and costs (USD)."""

    id: str
    name: str
    occupation: str
    jurisdiction: str
    regulator: str
    reserved: str
    fee: int


LICENCES = (
    Licence(
        "licence/registered-nurse",
        "Registered Nurse Licence",
        "occupation/registered-nurse",
        "US",
        "State Boards of Nursing",
        "Nursing assessment and medication",
        200,
    ),
    Licence(
        "licence/bar-admission",
        "Admission to the Bar",
        "occupation/lawyer",
        "US",
        "State Bars",
        "Legal advice and representation in court",
        1_000,
    ),
    Licence(
        "licence/electrician",
        "Journeyman Electrician Licence",
        "occupation/electrician",
        "US-CA",
        "State Contractors Board",
        "Electrical installation",
        175,
    ),
    Licence(
        "licence/teacher",
        "Teaching Licence",
        "occupation/secondary-school-teacher",
        "US",
        "State Departments of Education",
        "Teaching in public schools",
        150,
    ),
)


def licences() -> dict[str, CredentialBody]:
    """The licences as credentials, by id."""
    return {licence.id: _credential(licence) for licence in LICENCES}


def regulations() -> dict[tuple[str, str], RegulationBody]:
    """The regulation records, by (occupation, jurisdiction)."""
    records = {(each.occupation, each.jurisdiction): _record(each) for each in LICENCES}
    records["occupation/solar-installer", "US-TX"] = RegulationBody(status="not_regulated")
    return records


def _credential(licence: Licence) -> CredentialBody:
    regulator = Agent(id=f"org/{licence.id}", name=licence.regulator)
    return CredentialBody(
        type="License",
        name=licence.name,
        status="active",
        issuer=Issuer(id=regulator.id, name=regulator.name, sector="public"),
        url=f"https://regulators.example/{licence.id}",
        occupations=[licence.occupation],
        level="advanced",
        cost=[Cost(amount=Decimal(licence.fee), currency="USD", kind="assessment")],
        languages=["en"],
        delivery=["in_person"],
        places=[licence.jurisdiction],
        assertions=[Assertion(kind="approves", agent=regulator, reciprocal=True)],
        assessment=Assessment(type="exam", supervised=True, identity_verified=True),
    )


def _record(licence: Licence) -> RegulationBody:
    return RegulationBody(
        status="regulated",
        type="licensing",
        reserved_activities=[licence.reserved],
        protected_titles=[licence.name.removesuffix(" Licence")],
        required_credentials=[licence.id],
        regulator=Regulator(name=licence.regulator, url="https://regulators.example/"),
        source="Sample world",
    )
