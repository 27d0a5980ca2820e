"""Credentials that a fit does not know: each is drawn to the factor that its attributes suggest."""

from typing import NamedTuple

import numpy as np
from msgspec import Struct

from libs.common.contracts.catalog import Credential
from libs.common.contracts.topics import Topic
from services.recommender.model.cold_start import ColdStart
from services.recommender.model.live import Fold, Live
from services.recommender.model.types import Doubles, Floats
from services.recommender.trainer.columns import Credentials

LEAST_KNOWN = 20
"""Trained credentials with a description, below which nothing is learned from them."""


class _Basis(NamedTuple):
    """What newcomers are judged by: the regression, None if too little is known, and the rows that are none."""

    cold_start: ColdStart | None
    trained: frozenset[int]


class Newcomers:
    """What the catalog says of each credential, and what follows from it for those that no fit knows."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._described: dict[str, Credential] = {}
        self._new: set[str] = set()
        self._basis = _Basis(None, frozenset())

    def describe(self, credential: Credential) -> None:
        """Takes a description that is new or has changed; `draw` makes use of it."""
        self._described[credential.id] = credential
        self._new.add(credential.id)

    def changed(self, _topic: Topic, _key: str, snapshot: Struct) -> None:
        """The same, as a table's `on_change`."""
        if isinstance(snapshot, Credential):
            self.describe(snapshot)

    def learn(self, fold: Fold, support: Doubles) -> Fold:
        """The fold with a prior for every described credential that it does not know; `draw` goes by it from now on.

        support: by row, how many learners each credential has.
        """
        self._new = set()
        self._basis = self._basis_of(fold, support)
        return self._with_priors(fold, self._basis)

    def suggested(self, fold: Fold, support: Doubles) -> Fold:
        """The same, while `draw` goes on by what was learned before: the fold may come to nothing."""
        return self._with_priors(fold, self._basis_of(fold, support))

    def draw(self, live: Live) -> None:
        """Gives each credential that was described since the last call the factor that this suggests."""
        new, self._new = self._new, set()
        for credential_id in new:
            if (at := self._prior(credential_id, self._basis)) is not None:
                live.draw(*at)

    def _basis_of(self, fold: Fold, support: Doubles) -> _Basis:
        trained = frozenset(fold.trained.tolist())
        known = [row for row in trained if self._credentials.ids[row] in self._described]
        if len(known) < LEAST_KNOWN:
            return _Basis(None, trained)
        missing = max(0, len(fold.factors) - len(support))
        support = np.append(support, np.zeros(missing))
        described = [self._described[self._credentials.ids[row]] for row in known]
        return _Basis(ColdStart(described, fold.factors[known], support[known]), trained)

    def _with_priors(self, fold: Fold, basis: _Basis) -> Fold:
        if basis.cold_start is None:
            return fold
        drawn = [at for each in [*self._described] if (at := self._prior(each, basis)) is not None]
        priors = np.zeros((len(self._credentials), fold.factors.shape[1]), np.float32)
        for row, prior in drawn:
            priors[row] = prior
        return fold._replace(priors=priors)

    def _prior(self, credential_id: str, basis: _Basis) -> tuple[int, Floats] | None:
        """The credential's row and prior, unless the fit knows it or its attributes say nothing."""
        if basis.cold_start is None:
            return None
        row = self._credentials.row(credential_id)
        if row in basis.trained:
            return None
        prior = basis.cold_start.prior(self._described[credential_id])
        return None if prior is None else (row, prior)
