"""What is trained on and what is asked: prequential (Gama, Sebastião & Rodrigues 2013) and leave-last-out."""

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from libs.common.errors import InvalidRequest
from services.recommender.evaluation.log import LIKED, TAKEN_UP, Bools, Ints, Log
from services.recommender.trainer.columns import KINDS

Protocol = Literal["prequential", "leave-last-out"]
SHARE = 0.7
"""Of the events, the first part, which is trained on."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The training part, and the S events after it, in order.

    scored (S,): those for which a list is asked before; history (S,): how many different credentials
    the learner has shown a liking for until then; new_learner, new_credential (S,): not in the training part.
    applied: whether the contenders are told each event afterwards.
    """

    protocol: Protocol
    train: Log
    stream: Log
    scored: Bools
    history: Ints
    new_learner: Bools
    new_credential: Bools
    applied: bool

    def thinned(self, most: int) -> "Plan":
        """The same with at most `most` scored events, evenly spaced."""
        places = np.flatnonzero(self.scored & (self.history > 0))
        chosen = np.zeros(len(self.scored), bool)
        chosen[places[np.linspace(0, len(places) - 1, min(most, len(places))).astype(int)]] = True
        return replace(self, scored=chosen)


def split(log: Log, protocol: Protocol, share: float = SHARE) -> Plan:
    """Raises InvalidRequest when nothing is left to train on or to ask."""
    plan = prequential(log, share) if protocol == "prequential" else leave_last_out(log)
    if not len(plan.train) or not (plan.scored & (plan.history > 0)).any():
        raise InvalidRequest(f"there is too little data for {protocol}: nothing can be asked")
    return plan


def prequential(log: Log, share: float = SHARE) -> Plan:
    """Trains on the first `share`; of the others each first taking up is asked, then each event is applied."""
    if not log.clock:
        raise InvalidRequest("prequential needs a clock: a column occurred_at (see --columns)")
    cut = int(len(log) * share)
    return _plan("prequential", log, np.arange(len(log)) < cut, np.arange(len(log)) >= cut)


def leave_last_out(log: Log) -> Plan:
    """Asks for what each learner with a history took up last; trains on all that came before that."""
    first_time, history = _journeys(log)
    last = np.full(len(log.learner_ids), -1)
    candidates = np.flatnonzero(first_time & (history > 0))
    last[log.learner[candidates]] = candidates
    held_out = np.zeros(len(log), bool)
    held_out[last[last >= 0]] = True
    until = np.where(last < 0, len(log), last)
    return _plan("leave-last-out", log, np.arange(len(log)) < until[log.learner], held_out)


def _plan(protocol: Protocol, log: Log, trained: Bools, asked: Bools) -> Plan:
    first_time, history = _journeys(log)
    train, stream = log.take(trained), log.take(asked)
    return Plan(
        protocol=protocol,
        train=train,
        stream=stream,
        scored=first_time[asked],
        history=history[asked],
        new_learner=~np.isin(stream.learner, train.learner),
        new_credential=~np.isin(stream.credential, train.credential),
        applied=protocol == "prequential",
    )


def _journeys(log: Log) -> tuple[Bools, Ints]:
    """For each event (N,): whether the learner takes the credential up for the first time, and how many
    different credentials they had shown a liking for before."""
    taken: defaultdict[int, set[int]] = defaultdict(set)
    liked: defaultdict[int, set[int]] = defaultdict(set)
    first_time, history = np.zeros(len(log), bool), np.zeros(len(log), np.int64)
    for place, event in enumerate(log.events()):
        history[place] = len(liked[event.learner])
        first_time[place] = event.kind in TAKEN_UP and event.credential not in taken[event.learner]
        if event.kind in TAKEN_UP:
            taken[event.learner].add(event.credential)
        if event.kind in LIKED:
            liked[event.learner].add(event.credential)
    return first_time, history


def taken_up(log: Log) -> Bools:
    """Which interactions (N,) are takings up."""
    return np.isin(log.kind, [place for place, kind in enumerate(KINDS) if kind in TAKEN_UP])
