"""Simulates what the sample learners did: taste, order and time.

Each learner draws fields they like and, within them, a few skills; in each skill they begin at the
bottom of its ladder and climb. Popular credentials are seen more often (a Pareto appeal), a seen one is
sometimes saved or dismissed, often enrolled in, and mostly completed weeks later; who has completed one
step takes the next. Interest moves from the field where they come from to the one they go to. All of it
is drawn from one seeded generator, so the same seed and end give the same histories.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from deploy.local.sample.credentials import SampleCredential
from deploy.local.sample.people import SampleLearner
from libs.common.contracts.calls import NewInteraction
from libs.common.contracts.profile import Kind
from libs.common.contracts.types import LEVELS

SPAN = timedelta(days=540)
Ladders = dict[str, dict[str, list[SampleCredential]]]


def ladders(credentials: list[SampleCredential]) -> Ladders:
    """Field → skill → its credentials, beginner first."""
    made: Ladders = defaultdict(lambda: defaultdict(list))
    for credential in sorted(credentials, key=lambda c: LEVELS[c.level]):
        made[credential.domain][credential.skill].append(credential)
    return made


def history(
    random: Random, learner: SampleLearner, by_field: Ladders, until: datetime
) -> list[NewInteraction]:
    """A learner's interactions in the eighteen months before `until`, oldest first."""
    moment = until - SPAN * random.uniform(0.15, 1.0)
    steps = 2 + round(8 * learner.activity)
    climbed: dict[str, int] = defaultdict(int)
    events: list[NewInteraction] = []
    for step in range(steps):
        domain = _field(random, learner, step / steps)
        skill = _skill(random, by_field[domain], climbed)
        credential = _rung(random, by_field[domain][skill], climbed[skill])
        for kind, at in _engagement(random, learner.activity, moment):
            if at < until:
                events.append(_event(learner, credential, kind, at))
                climbed[skill] += kind == "complete"
        moment += timedelta(days=random.expovariate(steps / (SPAN.days * 0.7)))
    return sorted(events, key=lambda event: event.occurred_at)


def _field(random: Random, learner: SampleLearner, progress: float) -> str:
    """From the first taste to the last as time goes on."""
    return learner.domains[-1] if random.random() < 0.25 + 0.6 * progress else learner.domains[0]


def _skill(
    random: Random, skills: dict[str, list[SampleCredential]], climbed: dict[str, int]
) -> str:
    """A skill already begun is taken up again; otherwise by the appeal of what teaches it."""
    names = list(skills)
    weights = [
        max(c.appeal for c in skills[name]) * (6.0 if 0 < climbed[name] < 3 else 1.0)
        for name in names
    ]
    return random.choices(names, weights)[0]


def _rung(random: Random, ladder: list[SampleCredential], climbed: int) -> SampleCredential:
    """The learner's next level; among its offers by appeal."""
    level = ("beginner", "intermediate", "advanced")[min(2, climbed)]
    offers = [credential for credential in ladder if credential.level == level]
    return random.choices(offers, [offer.appeal for offer in offers])[0]


def _engagement(
    random: Random, activity: float, moment: datetime
) -> Iterator[tuple[Kind, datetime]]:
    yield "view", moment
    draw = random.random()
    if draw < 0.06:
        yield "dismiss", moment + timedelta(minutes=1)
    elif draw < 0.22:
        yield "save", moment + timedelta(minutes=2)
    elif draw < 0.3 + 0.6 * (0.4 + activity * 0.6):
        enrolled = moment + timedelta(hours=random.uniform(0.1, 48))
        yield "enroll", enrolled
        if random.random() < 0.75:
            yield "complete", enrolled + timedelta(days=random.uniform(5, 60))


def _event(
    learner: SampleLearner, credential: SampleCredential, kind: Kind, at: datetime
) -> NewInteraction:
    return NewInteraction(
        learner_id=learner.id, credential_id=credential.id, kind=kind, occurred_at=at
    )
