"""Asking a contender along a plan: each event is scored before it is told."""

from collections.abc import Callable
from dataclasses import dataclass
from time import process_time

import numpy as np

from libs.common.errors import StackwiseError
from services.recommender.evaluation.contender import Contender
from services.recommender.evaluation.log import TAKEN_UP, Bools, Event, Ints
from services.recommender.evaluation.split import Plan, taken_up

NOWHERE = -1
Progress = Callable[[int], None]
"""Called with the number of events done."""
_STRIDE = 64


class BadRanking(StackwiseError):
    """A contender recommended what it cannot know, what the learner has, or one thing twice."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One contender's lists for the Q scored events of a plan, in order.

    place (Q,): where in the list the credential was that the learner took up, from 0, or NOWHERE;
    lists (Q, k): credential rows, NOWHERE after the end of a shorter list.
    """

    name: str
    place: Ints
    lists: Ints
    fit_seconds: float
    microseconds_per_event: float


def run(
    contender: Contender,
    plan: Plan,
    k: int,
    *,
    offered: Bools | None = None,
    progress: Progress = lambda _done: None,
) -> Outcome:
    """offered (credentials,): those that a catalog makes known before their first event.

    CPU time is that of the whole process in `rank` and `update`. Raises BadRanking.
    """
    started = process_time()
    contender.fit(plan.train)
    fit_seconds = process_time() - started
    referee = Referee(contender.name, plan, k, offered)
    spent, lists, place = 0.0, [], []
    for number, (event, scored) in enumerate(
        zip(plan.stream.events(), plan.scored.tolist(), strict=True)
    ):
        if number % _STRIDE == 0:
            progress(number)
        if scored:
            started = process_time()
            ranked = contender.rank(event.learner, event.at_ms, k)
            spent += process_time() - started
            referee.check(event.learner, ranked)
            lists.append(np.pad(ranked, (0, k - len(ranked)), constant_values=NOWHERE))
            found = np.flatnonzero(ranked == event.credential)
            place.append(int(found[0]) if len(found) else NOWHERE)
        if plan.applied:
            started = process_time()
            contender.update(event)
            spent += process_time() - started
            referee.saw(event)
    progress(len(plan.stream))
    return Outcome(
        name=contender.name,
        place=np.array(place, np.int64),
        lists=np.array(lists, np.int64).reshape(-1, k),
        fit_seconds=fit_seconds,
        microseconds_per_event=1e6 * spent / max(len(plan.stream), 1),
    )


class Referee:
    """Holds a contender to the rules: only credentials that have been seen or offered, none taken up already."""

    def __init__(self, name: str, plan: Plan, k: int, offered: Bools | None) -> None:
        self._name = name
        self._k = k
        self._ids = plan.train.credential_ids
        self._known = np.zeros(len(self._ids), bool) if offered is None else offered.copy()
        self._known[plan.train.credential] = True
        taken = plan.train.take(taken_up(plan.train))
        self._taken = set(zip(taken.learner.tolist(), taken.credential.tolist(), strict=True))

    def saw(self, event: Event) -> None:
        """From now on the event is the past."""
        self._known[event.credential] = True
        if event.kind in TAKEN_UP:
            self._taken.add((event.learner, event.credential))

    def check(self, learner: int, ranked: Ints) -> None:
        """Raises BadRanking."""
        rows = ranked.tolist()
        if len(rows) > self._k or len(set(rows)) < len(rows):
            raise BadRanking(f"{self._name} listed more than {self._k} credentials, or one twice")
        for row in rows:
            if not 0 <= row < len(self._ids) or not self._known[row]:
                raise BadRanking(f"{self._name} listed row {row}, which it cannot know yet")
            if (learner, row) in self._taken:
                raise BadRanking(
                    f"{self._name} listed {self._ids[row]!r} for a learner who has taken it up"
                )
