"""The most popular credentials."""

import numpy as np

from services.recommender.evaluation.contenders.histories import Histories
from services.recommender.evaluation.contenders.listing import best
from services.recommender.evaluation.log import Event, Ints, Log
from services.recommender.evaluation.metrics import Doubles


class Popularity:
    """Ranks by how many learners like each credential until now; a repetition does not count."""

    name = "popularity"

    def fit(self, log: Log) -> None:
        self.histories = Histories()
        self.counts: Doubles = np.zeros(len(log.credential_ids))
        for event in log.events():
            self.update(event)

    def rank(self, learner: int, now_ms: int, k: int) -> Ints:  # noqa: ARG002
        known = np.where(self.counts > 0, self.counts, -np.inf)
        return best(known, self.histories.taken(learner), k)

    def update(self, event: Event) -> None:
        if self.histories.add(event):
            self.counts[event.credential] += 1
