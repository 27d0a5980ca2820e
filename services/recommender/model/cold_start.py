"""A factor for a credential that nobody has taken up, from what the catalog says of it.

Ridge regression from attributes to the factors of trained credentials, each weighted by the square root of how
many learners it was trained on. A prediction keeps its direction; its length is that of the longer trained
factors (their 0.8 quantile), because a regression predicts ever shorter ones than it was taught.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from scipy.sparse import csr_matrix

from libs.common.contracts.catalog import Credential
from services.recommender.model.types import Doubles, Floats

RIDGE = 3.0
LENGTH_QUANTILE = 0.8
COMMON = 0.5
"""What more than this share of the trained credentials have tells none from another."""
MOST_STEPS = 100
TOLERANCE = 1e-4
_SAYS_LITTLE = ("level:", "language:", "type:")
"""What does not tell a taste by itself."""


class ColdStart:
    """The regression, learned from trained credentials: their factors (n, f) and how many learners each has (n,)."""

    def __init__(self, known: Sequence[Credential], factors: Floats, support: Doubles) -> None:
        said = [dict(attributes(credential)) for credential in known]
        names = sorted({name for each in said for name in each})
        self._columns = {name: column for column, name in enumerate(names)}
        carried = Counter(name for each in said for name in each)
        self._telling = {
            name
            for name, count in carried.items()
            if not name.startswith(_SAYS_LITTLE) and count <= COMMON * len(known)
        }
        self._length = np.float32(np.quantile(np.linalg.norm(factors, axis=1), LENGTH_QUANTILE))
        weights = np.sqrt(support)
        self._coefficients = _ridge(self._matrix(said), factors.astype(np.float64), weights)

    def prior(self, credential: Credential) -> Floats | None:
        """The factor (f,) that its attributes suggest; None when they say nothing of a taste."""
        said = dict(attributes(credential))
        if self._telling.isdisjoint(said):
            return None
        predicted = (self._matrix([said]) @ self._coefficients)[0].astype(np.float32)
        length = np.linalg.norm(predicted)
        return predicted * (self._length / length) if length else None

    def _matrix(self, said: Sequence[dict[str, float]]) -> csr_matrix:
        """(credentials, attributes); attributes that no trained credential has are left out."""
        places = [
            (row, self._columns[name], value)
            for row, each in enumerate(said)
            for name, value in each.items()
            if name in self._columns
        ]
        rows, columns, values = zip(*places, strict=True) if places else ((), (), ())
        return csr_matrix((values, (rows, columns)), (len(said), len(self._columns)), float)


def attributes(credential: Credential) -> Iterator[tuple[str, float]]:
    """Names and values; those of a list share the weight of one, so that a long list does not shout."""
    yield from _shared("skill:", [skill.id for skill in credential.skills])
    yield from _shared("occupation:", credential.occupations)
    yield from _shared("language:", credential.languages)
    yield f"issuer:{credential.issuer.id}", 1.0
    yield f"type:{credential.type}", 1.0
    if credential.level is not None:
        yield f"level:{credential.level}", 1.0


def _shared(kind: str, ids: Sequence[str]) -> Iterator[tuple[str, float]]:
    unique = dict.fromkeys(ids)
    for each in unique:
        yield kind + each, len(unique) ** -0.5


def _ridge(matrix: csr_matrix, targets: Doubles, weights: Doubles) -> Doubles:
    """B (a, f) that minimises Σ weight |target − B·attributes|² + RIDGE |B|², by conjugate gradient, all columns at once."""
    weighted = matrix.multiply(weights[:, None]).tocsr()
    found = np.zeros((matrix.shape[1], targets.shape[1]))
    residual = weighted.T @ targets
    direction, left = residual.copy(), (residual**2).sum(axis=0)
    wanted = TOLERANCE**2 * left
    for _ in range(MOST_STEPS):
        if (left <= wanted).all():
            break
        product = matrix.T @ (weighted @ direction) + RIDGE * direction
        step = left / np.maximum((direction * product).sum(axis=0), np.finfo(float).tiny)
        found += step * direction
        residual -= step * product
        after = (residual**2).sum(axis=0)
        direction = residual + after / np.maximum(left, np.finfo(float).tiny) * direction
        left = after
    return found
