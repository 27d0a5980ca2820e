"""Choosing settings on the end of the training part, so that the test part stays unseen."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from services.recommender.evaluation.contender import Contender
from services.recommender.evaluation.log import Log
from services.recommender.evaluation.metrics import ndcg
from services.recommender.evaluation.running import run
from services.recommender.evaluation.split import Protocol, split

S = TypeVar("S")
SHARE = 0.85
"""Of the training part, what a candidate is fitted to in a prequential evaluation."""
MOST_ASKED = 3_000
K = 20
RECENCIES = (1.0, 0.8)
"""Of a tuned baseline's query: order is the cheapest win on course data (model.md), so that they have it too."""
Say = Callable[[str], None]


def choose(
    candidates: Iterable[S],
    make: Callable[[S], Contender],
    log: Log,
    protocol: Protocol,
    say: Say,
) -> S:
    """The settings with the best NDCG@20 on up to 3,000 events, split off as the protocol splits the whole."""
    plan = split(log, protocol, SHARE).thinned(MOST_ASKED)
    best, most = None, -1.0
    for number, settings in enumerate(candidates):
        say(f"trying {number + 1}: {settings}")
        found = float(ndcg(run(make(settings), plan, K).place).mean())
        if found > most:
            best, most = settings, found
    if best is None:
        raise ValueError("there are no candidates")
    return best
