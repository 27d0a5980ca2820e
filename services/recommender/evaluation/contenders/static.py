"""A model trained once, asked with each learner's current history: what one gets by retraining now and then."""

from abc import ABC, abstractmethod

import numpy as np
from scipy.sparse import csr_matrix

from services.recommender.domain.columns import Array
from services.recommender.evaluation.contenders.listing import best
from services.recommender.evaluation.contenders.popularity import Popularity
from services.recommender.evaluation.log import Event, Ints, Log
from services.recommender.model.als import Floats


class Static(ABC):
    """Knows the credentials of the training part, each a column. Whoever has none of them in their history
    is served the popular ones of the moment, as anyone would do."""

    name: str
    most_columns: int | None = None
    """The most popular ones only, if there are more."""
    recency = 1.0
    """What each step back in a history takes from a credential's weight in the query."""

    def fit(self, log: Log) -> None:
        self._popularity = Popularity()
        self._popularity.fit(log)
        counts = self._popularity.counts
        popular = np.argsort(-counts, kind="stable")[: self.most_columns]
        self._rows = np.sort(popular[counts[popular] > 0])
        self._columns = np.full(len(counts), -1)
        self._columns[self._rows] = np.arange(len(self._rows))
        self.train(self._matrix(log), log)

    @abstractmethod
    def train(self, liked: csr_matrix, log: Log) -> None:
        """liked: learners × columns, 1 where the learner likes the credential."""

    @abstractmethod
    def scores(self, liked: Ints, weights: Floats) -> Array:
        """The score of each column for someone who likes these columns (n,), n ≥ 1, so much (n,); a new array."""

    def rank(self, learner: int, now_ms: int, k: int) -> Ints:
        histories = self._popularity.histories
        liked = self._columns[histories.liked(learner)]
        liked = liked[liked >= 0]
        if not len(liked):
            return self._popularity.rank(learner, now_ms, k)
        taken = self._columns[histories.taken(learner)]
        weights = self.recency ** np.arange(len(liked) - 1, -1, -1, dtype=np.float32)
        found: Ints = self._rows[best(self.scores(liked, weights), taken[taken >= 0], k)]
        return found

    def update(self, event: Event) -> None:
        self._popularity.update(event)

    def _matrix(self, log: Log) -> csr_matrix:
        liked = [
            self._columns[self._popularity.histories.liked(learner)]
            for learner in np.unique(log.learner).tolist()
        ]
        known = [columns[columns >= 0] for columns in liked]
        ends = np.cumsum([0, *map(len, known)])
        places = np.concatenate(known).astype(np.int32)
        ones = np.ones(len(places), np.float32)
        matrix = csr_matrix((ones, places, ends), (len(known), len(self._rows)))
        matrix.sort_indices()
        return matrix
