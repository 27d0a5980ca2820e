"""The sample world's eighty issuers and the agencies that accredit or recognise what they issue."""

from dataclasses import dataclass
from random import Random

from deploy.local.sample.fields import slug
from libs.common.contracts.catalog import Agent, Issuer

PLACES = (
    *("Northfield", "Harbour City", "Lakemont", "Redwood Valley", "Saltmarsh", "Prairie View"),
    *("Alder Creek", "Summit Ridge", "Bayview", "Millbrook", "Stonebridge", "Clearwater"),
    *("Copper Hills", "Greenhaven", "Riverton", "Eastport"),
)
SHAPES = (
    ("{} University", "public", 0.8, 1.6),
    ("{} Community College", "public", 0.65, 0.5),
    ("{} Institute of Technology", "nonprofit", 0.85, 1.8),
    ("{} Skills Academy", "for_profit", 0.4, 0.9),
    ("{} Workforce Board", "nonprofit", 0.6, 0.2),
)
ACCREDITORS = (
    "Council for Short Credentials",
    "National Skills Accreditation Board",
    "Assembly of Applied Learning",
)
EMPLOYERS = (
    *("Meridian Health", "Orchard Logistics", "Bluefin Software", "Keystone Bank", "Halden Energy"),
    *("Fairway Retail", "Lumen Design Group", "Atlas Construction", "Pinecrest Schools"),
    *("Cobalt Manufacturing", "Juniper Hotels", "Tidewater Insurance"),
)


@dataclass(frozen=True)
class SampleIssuer:
    """An issuer; `quality` is 0 to 1, `price` a factor, `domains` what it teaches."""

    issuer: Issuer
    quality: float
    price: float
    domains: frozenset[str]


def issuers(random: Random, domains: list[str]) -> list[SampleIssuer]:
    """Eighty issuers; each field is taught by at least a dozen of them."""
    made = [
        _issuer(random, place, shape, domains, offset)
        for offset, (place, shape) in enumerate((p, s) for p in PLACES for s in SHAPES)
    ]
    random.shuffle(made)
    return made


def agent(name: str) -> Agent:
    """An accreditor or employer as an agent."""
    return Agent(id=f"org/{slug(name)}", name=name)


def _issuer(
    random: Random, place: str, shape: tuple[str, str, float, float], domains: list[str], turn: int
) -> SampleIssuer:
    template, sector, quality, price = shape
    name = template.format(place)
    taught = {domains[(turn * 3 + step) % len(domains)] for step in range(3)}
    taught |= set(random.sample(domains, 2))
    return SampleIssuer(
        issuer=Issuer(id=f"org/{slug(name)}", name=name, sector=sector),  # type: ignore[arg-type]
        quality=min(1.0, max(0.1, random.gauss(quality, 0.12))),
        price=price * random.uniform(0.7, 1.3),
        domains=frozenset(taught),
    )
