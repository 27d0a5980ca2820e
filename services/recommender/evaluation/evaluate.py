"""The evaluation: a data set, a protocol, contenders → a report."""

from collections.abc import Sequence
from dataclasses import replace as replaced
from typing import Protocol as Interface

import numpy as np
from msgspec.structs import replace
from threadpoolctl import threadpool_limits

from services.recommender.evaluation.catalog import Catalog
from services.recommender.evaluation.contender import Configured
from services.recommender.evaluation.contenders.registry import Setting, contenders
from services.recommender.evaluation.contenders.stackwise import Stackwise
from services.recommender.evaluation.goals import goal_trade
from services.recommender.evaluation.log import Bools, Log
from services.recommender.evaluation.report import Dataset, Report
from services.recommender.evaluation.running import run
from services.recommender.evaluation.split import SHARE, Plan, Protocol, split
from services.recommender.evaluation.summary import summary
from services.recommender.model.training import Tuned


class Watcher(Interface):
    """Whoever waits for the evaluation."""

    def starts(self, name: str, events: int) -> None:
        """A contender begins; it will go through so many events."""
        ...

    def says(self, what: str) -> None:
        """What the contender is doing."""
        ...

    def done(self, events: int) -> None:
        """How many events the contender has gone through."""
        ...


def evaluate(
    log: Log,
    protocol: Protocol,
    k: int,
    watcher: Watcher,
    *,
    catalog: Catalog | None = None,
    models: Sequence[str] = (),
    share: float = SHARE,
    tuned: Tuned | None = None,
) -> Report:
    """Runs each contender alone along the same plan; with a catalog, what following a goal trades. Raises InvalidRequest or BadRanking."""
    known = with_catalog(log, catalog)
    plan = split(known, protocol, share)
    offered = _offered(known, catalog)
    waiting = contenders(Setting(protocol, catalog, watcher.says, tuned), models)[::-1]
    outcomes, settings = [], {}
    with threadpool_limits(1, user_api="blas"):
        while waiting:
            # Nothing else keeps a contender, whose model may be large, once the next one begins.
            contender = waiting.pop()
            watcher.starts(contender.name, len(plan.stream))
            outcomes.append(run(contender, plan, k, offered=offered, progress=watcher.done))
            if isinstance(contender, Configured):
                settings[contender.name] = dict(contender.settings)
        report = summary(plan, outcomes, settings, k, _dataset(log, plan), catalog)
        if catalog is None or Stackwise.name not in report.models:
            return report
        watcher.starts("goals", len(plan.stream))
        goals = goal_trade(Stackwise(catalog.credentials, tuned), plan, k, catalog, watcher.done)
        return replace(report, goals=goals)


def with_catalog(log: Log, catalog: Catalog | None) -> Log:
    """The same log whose table of credentials has those of the catalog too, after its own."""
    if catalog is None:
        return log
    present = set(log.credential_ids)
    more = [each for each in catalog.credentials if each not in present]
    return replaced(log, credential_ids=[*log.credential_ids, *more])


def _offered(log: Log, catalog: Catalog | None) -> Bools | None:
    if catalog is None:
        return None
    return np.array([each in catalog.credentials for each in log.credential_ids])


def _dataset(log: Log, plan: Plan) -> Dataset:
    return Dataset(
        learners=len(log.learner_ids),
        credentials=len(log.credential_ids),
        interactions=len(log),
        trained=len(plan.train),
        scored=int(np.count_nonzero(plan.scored & (plan.history > 0))),
    )
