"""The sample world, whole: made from a seed, so that every run has the same one up to the day it ends."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from random import Random

from deploy.local.sample import taxonomies
from deploy.local.sample.credentials import REGIONS, SampleCredential, credentials
from deploy.local.sample.fields import Fields, SampleOccupation, read
from deploy.local.sample.histories import history, ladders
from deploy.local.sample.issuers import SampleIssuer, issuers
from deploy.local.sample.licences import licences, regulations
from deploy.local.sample.people import SampleLearner, named, strangers
from libs.common.contracts.calls import NewInteraction
from libs.common.contracts.catalog import (
    CredentialBody,
    DemandBody,
    MedianWage,
    OccupationBody,
    RegulationBody,
    RequiredSkill,
    SkillBody,
)

SEED = 20_260
LEARNERS = 5_000


@dataclass(frozen=True)
class World:
    """All that is put: ids to bodies; demand is keyed by (region, occupation)."""

    skills: dict[str, SkillBody]
    occupations: dict[str, OccupationBody]
    issuers: list[SampleIssuer]
    credentials: dict[str, CredentialBody]
    regulations: dict[tuple[str, str], RegulationBody]
    demand: dict[tuple[str, str], DemandBody]
    learners: list[SampleLearner]
    interactions: list[NewInteraction]


def make(until: datetime, *, seed: int = SEED, learners: int = LEARNERS) -> World:
    """The world at `until`: catalog, learners and the interactions of the eighteen months before."""
    random = Random(seed)
    fields = read()
    offering = issuers(random, fields.domains)
    offered = credentials(random, fields, offering, until)
    people = [*named(), *strangers(random, fields, learners - len(named()))]
    return World(
        skills=_skills(fields),
        occupations={o.id: _occupation(random, o) for o in fields.occupations},
        issuers=offering,
        credentials={c.id: c.body for c in offered} | licences(),
        regulations=regulations(),
        demand=_demand(random, fields, until),
        learners=people,
        interactions=_interactions(random, people, offered, until),
    )


def _skills(fields: Fields) -> dict[str, SkillBody]:
    """Our own, then those of O*NET and ESCO, as their import would name them."""
    own = {skill.id: SkillBody(name=skill.name, kind="skill") for skill in fields.skills}
    return own | {each.id: SkillBody(name=each.name, kind=each.kind) for each in taxonomies.read()}


def _occupation(random: Random, made: SampleOccupation) -> OccupationBody:
    essential = [
        RequiredSkill(id=id, importance=round(random.uniform(0.6, 1.0), 2), level=level)
        for id, level in ((id, random.choice((0.5, 0.6, 0.7))) for id in made.essential)
    ]
    optional = [
        RequiredSkill(id=id, relation="optional", importance=0.4, level=0.5) for id in made.optional
    ]
    return OccupationBody(
        name=made.name,
        soc=made.soc,
        isco=made.isco,
        job_zone=made.zone,
        median_wage=MedianWage(
            amount=Decimal(made.wage), currency="USD", period="year", region="US", year=2025
        ),
        skills=[*essential, *optional],
    )


def _demand(random: Random, fields: Fields, until: datetime) -> dict[tuple[str, str], DemandBody]:
    return {
        (region, occupation.id): DemandBody(
            postings=round(random.lognormvariate(5, 1)),
            as_of=until,
            employers=random.randint(3, 90),
        )
        for region in REGIONS
        for occupation in fields.occupations
    }


def _interactions(
    random: Random,
    people: list[SampleLearner],
    offered: list[SampleCredential],
    until: datetime,
) -> list[NewInteraction]:
    """Everyone's interactions in the order of time, as a partner's log would have them."""
    by_field = ladders(offered)
    events = [event for learner in people for event in history(random, learner, by_field, until)]
    return sorted(events, key=lambda event: event.occurred_at)
