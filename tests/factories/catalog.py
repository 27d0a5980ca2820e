"""Catalog snapshots for tests: complete by default, each part replaceable."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from libs.common.contracts.catalog import (
    Agent,
    Assertion,
    Cost,
    Credential,
    Demand,
    Issuer,
    Occupation,
    Regulation,
    RequiredSkill,
    Skill,
    TaughtSkill,
)

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def credential(id: str = "c1", **parts: Any) -> Credential:
    """An active micro-credential of 30 online hours in English for 49 dollars."""
    defaults: dict[str, Any] = {
        "type": "MicroCredential",
        "name": f"Credential {id}",
        "status": "active",
        "issuer": Issuer(id="issuer", name="Issuer", sector="public"),
        "url": f"https://issuer.example/{id}",
        "skills": [TaughtSkill(id="skill-1", level=0.66, assessed=True)],
        "cost": [Cost(amount=Decimal("49.00"), currency="USD", kind="tuition")],
        "workload_hours": 30.0,
        "delivery": ["online"],
        "languages": ["en"],
        "revision": 1,
        "updated_at": EPOCH,
    }
    return Credential(id=id, **{**defaults, **parts})


def skill(id: str = "skill-1", **parts: Any) -> Skill:
    """A skill named after its id."""
    defaults = {"name": id.replace("-", " ").title(), "revision": 1, "updated_at": EPOCH}
    return Skill(id=id, **{**defaults, **parts})


def occupation(id: str = "occupation-1", **parts: Any) -> Occupation:
    """An occupation that needs `skill-1` at 0.66."""
    defaults: dict[str, Any] = {
        "name": f"Occupation {id}",
        "skills": [RequiredSkill(id="skill-1", level=0.66)],
        "revision": 1,
        "updated_at": EPOCH,
    }
    return Occupation(id=id, **{**defaults, **parts})


def regulation(occupation: str, jurisdiction: str, **parts: Any) -> Regulation:
    """A record that says `regulated`."""
    defaults = {"status": "regulated", "revision": 1, "updated_at": EPOCH}
    return Regulation(occupation=occupation, jurisdiction=jurisdiction, **{**defaults, **parts})


def demand(region: str, occupation: str, **parts: Any) -> Demand:
    """A record of how much an occupation is asked for in a region."""
    defaults: dict[str, Any] = {"postings": 10, "as_of": EPOCH, "revision": 1, "updated_at": EPOCH}
    return Demand(region=region, occupation=occupation, **{**defaults, **parts})


def assertion(agent: str = "Agency", **parts: Any) -> Assertion:
    """A self-claimed accreditation."""
    defaults: dict[str, Any] = {"kind": "accredits", "agent": Agent(id=agent, name=agent)}
    return Assertion(**{**defaults, **parts})
