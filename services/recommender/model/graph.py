"""The item graph and the directed transitions: for each credential the others that go with it, and that follow it.

Both are sums over learners of a function of their newest `DEEP` tastes:

- together(i, j) = Σ_u w_ui w_uj / Σ_v w_uv; the edge is (together / √(s_i s_j))^0.7, s being a credential's support.
  This is the first-order graph filter of Turbo-CF (Park, Shin & Shin 2024).
- follows(i, j) = Σ_u w_uj 0.7^(gap − 1), gap being how many steps after i the learner came to j, at most 5;
  the edge is follows / (s_i^0.8 s_j^0.2).

Only a credential's `WIDE` strongest edges are kept.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from services.recommender.model.histories import Histories
from services.recommender.model.types import Floats, Rows

DEEP = 64
WIDE = 50
GAP_DECAY = 0.7
LONGEST_GAP = 5
TOGETHER_POWER = 0.7
FROM_POWER, TO_POWER = 0.8, 0.2


class Edges(NamedTuple):
    """For each of n credentials its strongest edges, in no order: (n, WIDE) each; −1 leads nowhere, and comes last."""

    to: NDArray[np.int32]
    weight: Floats

    def first(self, rows: int) -> "Edges":
        """Those of the first `rows` credentials: views."""
        return Edges(self.to[:rows], self.weight[:rows])


def edges(histories: Histories, rows: Rows) -> tuple[Edges, Edges]:
    """Item graph and transitions of the credentials `rows`, computed from the learners' tastes."""
    learners, credentials = histories.by_learner, histories.by_credential
    found = _edges(
        *credentials.places(rows),
        credentials.index,
        rows,
        learners.start,
        learners.length,
        learners.index,
        learners.weight,
        histories.support,
    )
    return Edges(*found[:2]), Edges(*found[2:])


def no_edges(rows: int) -> Edges:
    """Rows without an edge."""
    return Edges(np.full((rows, WIDE), -1, np.int32), np.zeros((rows, WIDE), np.float32))


def joined(one: Edges, other: Edges) -> Edges:
    """The rows of both, one after the other."""
    return Edges(*(np.concatenate(parts) for parts in zip(one, other, strict=True)))


@njit(cache=True, nogil=True)
def _edges(first, count, learner_of, rows, start, length, item, weight, support):  # type: ignore[no-untyped-def]
    items = len(support)
    shape = (len(rows), WIDE)
    together_index, together_weight = np.full(shape, -1, np.int32), np.zeros(shape, np.float32)
    follows_index, follows_weight = np.full(shape, -1, np.int32), np.zeros(shape, np.float32)
    together, follows = np.zeros(items), np.zeros(items)
    near, after = np.empty(items, np.int64), np.empty(items, np.int64)
    for place in range(len(rows)):
        row = rows[place]
        nears = afters = 0
        for at in range(first[place], first[place] + count[place]):
            learner = learner_of[at]
            begin, deep = start[learner], min(length[learner], DEEP)
            own, total = -1, 0.0
            for step in range(deep):
                total += weight[begin + step]
                if item[begin + step] == row:
                    own = step
            if own < 0:
                continue
            share = weight[begin + own] / total
            for step in range(deep):
                other = item[begin + step]
                if other != row:
                    if together[other] == 0.0:
                        near[nears] = other
                        nears += 1
                    together[other] += share * weight[begin + step]
            decay = 1.0
            for step in range(own - 1, max(own - 1 - LONGEST_GAP, -1), -1):
                other = item[begin + step]
                if follows[other] == 0.0:
                    after[afters] = other
                    afters += 1
                follows[other] += decay * weight[begin + step]
                decay *= GAP_DECAY
        for k in range(nears):
            together[near[k]] /= np.sqrt(support[row] * support[near[k]])
        for k in range(afters):
            follows[after[k]] /= support[row] ** FROM_POWER * support[after[k]] ** TO_POWER
        _keep_best(near[:nears], together, together_index[place], together_weight[place])
        _keep_best(after[:afters], follows, follows_index[place], follows_weight[place])
        together_weight[place] **= TOGETHER_POWER
    return together_index, together_weight, follows_index, follows_weight


@njit(cache=True, nogil=True)
def _keep_best(found, values, index, weight):  # type: ignore[no-untyped-def]
    """The strongest of the `found` values, in no order; of ties any. `values` is zero again afterwards."""
    least, ties = 0.0, WIDE
    if len(found) > WIDE:
        strengths = values[found]
        least = np.partition(strengths, len(found) - WIDE)[len(found) - WIDE]
        ties = WIDE - np.sum(strengths > least)
    kept = 0
    for other in found:
        value = values[other]
        ties -= value == least
        if value > least or (value == least and ties >= 0):
            index[kept], weight[kept] = other, value
            kept += 1
        values[other] = 0.0
