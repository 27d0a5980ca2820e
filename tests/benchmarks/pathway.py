"""A path and a contextual list over a large catalog, in memory: CPU time of this process, BLAS on one thread.

The ceiling of a path is the least that greedy needs: the gain of every candidate once for each step.
"""

import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from random import Random

from msgspec import Struct
from threadpoolctl import threadpool_limits

from deploy.local.keeper import Say
from libs.common.contracts.calls import Constraints, Target, WhatIf
from libs.common.contracts.catalog import Credential, Prerequisite, RequiredSkill, TaughtSkill
from libs.common.contracts.types import LEVELS, Money
from services.recommender.api.usecases import anonymous
from services.recommender.domain.catalog_index import CatalogIndex
from services.recommender.domain.offering import offering
from services.recommender.domain.pathway import needs_of, pathway
from services.recommender.domain.ports import NoModel
from services.recommender.domain.ranking import asked, rank
from services.recommender.domain.stacking import Stacking
from tests.benchmarks.machine import Machine, machine
from tests.benchmarks.synthetic import BEGAN, SPAN
from tests.factories.catalog import EPOCH, credential, occupation

PATH_MS, LIST_MS = 200, 20
SKILLS, ASKED, TAUGHT, STEPS = 400, 35, 3, 8
NEEDING = 0.2
NOW = max(BEGAN + SPAN, EPOCH + timedelta(days=1))
LIMITS = Constraints(max_cost=Money(Decimal("400.00"), "USD"), hours_per_week=6, deadline_weeks=52)


class PathwayReport(Struct, frozen=True):
    """What `--json` writes. Median CPU milliseconds of a path, of a list for a goal, and of the path's ceiling."""

    machine: Machine
    credentials: int
    paths: int
    steps: int
    path_ms: float
    ceiling_ms: float
    list_ms: float
    path_at_most_ms: float = PATH_MS
    list_at_most_ms: float = LIST_MS
    benchmark: str = "pathway"


def measure(*, credentials: int, paths: int, say: Say) -> PathwayReport:
    """Measures `paths` paths, and as many lists, over a catalog of which a fifth needs another first."""
    where = machine()
    say(f"making {credentials} credentials")
    catalog = _catalog(credentials)
    question = WhatIf(target=Target(occupation="job"), constraints=LIMITS)
    state, model = anonymous(question), NoModel()

    def path() -> int:
        ask = asked(state, model, catalog, LIMITS, now=NOW, target=question.target)
        assert ask.goal is not None
        return len(pathway(ask, ask.goal, STEPS).steps)

    def least() -> None:
        for _ in range(STEPS):
            stacking.gains(nothing)

    def contextual() -> None:
        rank(state, model, catalog, LIMITS, now=NOW, target=question.target, limit=10)

    with threadpool_limits(1, user_api="blas"):
        ask = asked(state, model, catalog, LIMITS, now=NOW, target=question.target)
        assert ask.goal is not None
        offered = offering(ask, needs_of(ask.goal, ask))
        stacking = Stacking(needs_of(ask.goal, ask), catalog, offered.rows, offered.quality)
        nothing = stacking.nothing()
        say("measuring")
        return PathwayReport(
            machine=where,
            credentials=credentials,
            paths=paths,
            steps=path(),
            path_ms=_median_ms(path, paths),
            ceiling_ms=_median_ms(least, paths),
            list_ms=_median_ms(contextual, paths),
        )


def _median_ms(work: Callable[[], object], times: int) -> float:
    spent = []
    for _ in range(times):
        began = time.process_time_ns()
        work()
        spent.append((time.process_time_ns() - began) / 1e6)
    return round(statistics.median(spent), 2)


def _catalog(count: int) -> CatalogIndex:
    draw = Random(1)
    skills = [f"skill-{number}" for number in range(SKILLS)]
    catalog = CatalogIndex()
    asks = [RequiredSkill(id=skill, level=LEVELS["intermediate"]) for skill in skills[:ASKED]]
    catalog.put(occupation("job", skills=asks), NOW)
    for number in range(count):
        catalog.put(_credential(number, skills, draw), NOW)
    return catalog


def _credential(number: int, skills: list[str], draw: Random) -> Credential:
    taught = [
        TaughtSkill(
            id=skill, level=draw.choice(list(LEVELS.values())), assessed=draw.random() < 0.5
        )
        for skill in draw.sample(skills, TAUGHT)
    ]
    needs = [f"c{draw.randrange(number)}"] if number and draw.random() < NEEDING else []
    return credential(
        f"c{number}", skills=taught, prerequisites=[Prerequisite(credential=each) for each in needs]
    )
