"""The sample world's credentials: for each skill a ladder of levels, offered by several issuers.

The better the issuer, the dearer and the better attested: assertions, outcomes and assessment are
drawn from its quality, so that value and price are related and yet far from the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from deploy.local.sample.fields import Fields, SampleSkill, slug
from deploy.local.sample.issuers import ACCREDITORS, EMPLOYERS, SampleIssuer, agent
from deploy.local.sample.taxonomies import taught_with
from libs.common.contracts.catalog import (
    Aid,
    Assertion,
    Assessment,
    Cost,
    CredentialBody,
    CredentialType,
    Outcome,
    Prerequisite,
    TaughtSkill,
)
from libs.common.contracts.types import LEVELS, Delivery, LevelName

LADDER: tuple[LevelName, ...] = ("beginner", "beginner", "intermediate", "intermediate", "advanced")
TITLES: dict[LevelName, tuple[str, ...]] = {
    "beginner": ("{} Fundamentals", "Introduction to {}", "{} Essentials", "First Steps in {}"),
    "intermediate": ("Applied {}", "{} in Practice", "{} Certificate", "Working with {}"),
    "advanced": ("Advanced {}", "{} Specialist", "Professional Certificate in {}"),
}
TYPES: dict[LevelName, tuple[CredentialType, ...]] = {
    "beginner": ("Badge", "MicroCredential"),
    "intermediate": ("MicroCredential", "Certificate"),
    "advanced": ("Certificate", "Certification"),
}
HOURS: dict[LevelName, tuple[int, int]] = {
    "beginner": (4, 20),
    "intermediate": (20, 60),
    "advanced": (50, 140),
}
REGIONS = ("US-CA", "US-NY", "US-TX", "US-FL", "US-IL", "US-WA", "US-OH", "US-GA")
DELIVERIES: tuple[tuple[Delivery, ...], ...] = (
    ("online",),
    ("online",),
    ("online", "blended"),
    ("blended",),
    ("in_person",),
)


@dataclass(frozen=True)
class SampleCredential:
    """A credential with what the simulator needs to know of it."""

    id: str
    body: CredentialBody
    domain: str
    skill: str
    level: LevelName
    appeal: float


def credentials(
    random: Random, fields: Fields, issuers: list[SampleIssuer], until: datetime
) -> list[SampleCredential]:
    """About 1,600 credentials published in the four years before `until`."""
    made: list[SampleCredential] = []
    for skill in fields.skills:
        made.extend(_ladder(random, fields, issuers, skill, until))
    return made


def _ladder(
    random: Random,
    fields: Fields,
    issuers: list[SampleIssuer],
    skill: SampleSkill,
    until: datetime,
) -> Iterator[SampleCredential]:
    """One credential a rung, each by another issuer of the field; each leads to the rung above it."""
    teachers = [issuer for issuer in issuers if skill.domain in issuer.domains]
    above: str | None = None
    rungs = zip(reversed(LADDER), random.sample(teachers, len(LADDER)), strict=True)
    for level, issuer in rungs:
        made = _credential(random, fields, issuer, skill, level, above, until)
        above = made.id
        yield made


def _credential(
    random: Random,
    fields: Fields,
    offered_by: SampleIssuer,
    skill: SampleSkill,
    level: LevelName,
    leads_to: str | None,
    until: datetime,
) -> SampleCredential:
    name = random.choice(TITLES[level]).format(skill.name)
    hours = random.randint(*HOURS[level])
    published = until - timedelta(days=random.randint(20, 4 * 365))
    delivery = random.choice(DELIVERIES)
    body = CredentialBody(
        type=random.choice(TYPES[level]),
        name=name,
        status="ceasing" if random.random() < 0.01 else "active",
        issuer=offered_by.issuer,
        url=f"https://{slug(offered_by.issuer.name)}.example/{slug(name)}",
        description=f"{hours} hours of {skill.name.lower()}, {level}.",
        skills=_taught(random, fields, skill, level),
        occupations=_occupations(fields, skill, level),
        level=level,
        eqf_level={"beginner": 3, "intermediate": 5, "advanced": 6}[level],
        cost=_cost(random, offered_by, hours),
        aid=_aid(random, offered_by),
        workload_hours=hours,
        delivery=list(delivery),
        languages=["en", "es"] if random.random() < 0.2 else ["en"],
        places=[] if delivery == ("online",) else random.sample(REGIONS, 3),
        prerequisites=_prerequisites(skill, level),
        leads_to=[] if leads_to is None else [leads_to],
        assertions=_assertions(random, offered_by.quality, published),
        outcomes=_outcomes(random, offered_by.quality),
        assessment=_assessment(random, offered_by.quality),
        published_at=published,
    )
    appeal = random.paretovariate(1.3) * (0.5 + offered_by.quality)
    id = f"{slug(offered_by.issuer.name)}/{slug(name)}"
    return SampleCredential(id, body, skill.domain, skill.id, level, appeal)


def _taught(
    random: Random, fields: Fields, skill: SampleSkill, level: LevelName
) -> list[TaughtSkill]:
    """The skill itself at the credential's level, sometimes a neighbour of its field one step lower,
    and what O*NET and ESCO call the skill."""
    assessed = random.random() < 0.7
    taught = [TaughtSkill(id=skill.id, level=LEVELS[level], assessed=assessed)]
    if random.random() < 0.5:
        neighbours = [other for other in fields.in_domain(skill.domain) if other != skill]
        side = random.choice(neighbours)
        taught.append(TaughtSkill(id=side.id, level=max(0.33, LEVELS[level] - 0.33)))
    imported = (
        TaughtSkill(id=id, level=LEVELS[level], assessed=assessed)
        for id in taught_with().get(skill.id, ())
    )
    return [*taught, *imported]


def _occupations(fields: Fields, skill: SampleSkill, level: LevelName) -> list[str]:
    if level == "beginner":
        return []
    return [o.id for o in fields.occupations if skill.id in o.essential]


def _cost(random: Random, offered_by: SampleIssuer, hours: int) -> list[Cost]:
    if random.random() < 0.04:
        return []
    tuition = round(hours * offered_by.price * random.uniform(2, 14))
    parts = [Cost(amount=Decimal(tuition), currency="USD", kind="tuition")]
    if random.random() < 0.25:
        fee = Decimal(random.choice((15, 25, 40, 95)))
        mandatory = random.random() < 0.6
        parts.append(Cost(amount=fee, currency="USD", kind="assessment", mandatory=mandatory))
    return parts


def _aid(random: Random, offered_by: SampleIssuer) -> list[Aid]:
    offers = []
    if offered_by.issuer.sector != "for_profit" and random.random() < 0.3:
        amount = Decimal(random.choice((50, 150, 400, 2000)))
        offers.append(
            Aid(name="Opportunity grant", amount=amount, currency="USD", income_bands=["low"])
        )
    if random.random() < 0.1:
        regions = random.sample(REGIONS, 2)
        offers.append(
            Aid(name="State voucher", amount=Decimal(300), currency="USD", regions=list(regions))
        )
    return offers


def _prerequisites(skill: SampleSkill, level: LevelName) -> list[Prerequisite]:
    """Advanced credentials ask for the skill at intermediate level, however it was learned."""
    if level != "advanced":
        return []
    return [Prerequisite(skill=skill.id, level=LEVELS["intermediate"])]


def _assertions(random: Random, quality: float, published: datetime) -> list[Assertion]:
    made = []
    if random.random() < quality:
        reciprocal = random.random() < quality
        made.append(
            Assertion(
                kind="accredits",
                agent=agent(random.choice(ACCREDITORS)),
                start=published,
                end=published + timedelta(days=365 * random.choice((3, 5, 8))),
                reciprocal=reciprocal,
            )
        )
    for employer in random.sample(EMPLOYERS, random.choice((0, 0, 1, 2, 3))):
        reciprocal = random.random() < quality * 0.8
        made.append(
            Assertion(
                kind="recognizes", agent=agent(employer), start=published, reciprocal=reciprocal
            )
        )
    return made


def _outcomes(random: Random, quality: float) -> list[Outcome]:
    if random.random() > 0.45:
        return []
    n = random.choice((6, 25, 80, 300, 1200))
    source = "State wage records" if random.random() < quality else None
    rate = min(0.97, max(0.2, random.gauss(0.45 + 0.4 * quality, 0.1)))
    made = [
        Outcome(kind="completion", value=round(rate, 2), n=n, source=source),
        Outcome(kind="employment", value=round(rate * 0.95, 2), n=n, months=6, source=source),
    ]
    if random.random() < 0.4:
        baseline = random.randint(34_000, 52_000)
        gain = round(random.gauss(6_000 * quality, 2_000))
        made.append(
            Outcome(
                kind="earnings",
                value=float(baseline + gain),
                currency="USD",
                baseline=float(baseline),
                n=n,
                months=12,
                source=source,
            )
        )
    return made


def _assessment(random: Random, quality: float) -> Assessment | None:
    if random.random() > 0.3 + 0.6 * quality:
        return None
    return Assessment(
        type=random.choice(("exam", "project", "portfolio")),
        supervised=random.random() < quality,
        identity_verified=random.random() < quality * 0.7,
    )
