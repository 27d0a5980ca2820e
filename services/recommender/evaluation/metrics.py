"""Measures of lists. Accuracy has one value per scored event, so that it can be resampled.

Lists (Q, k) hold credential rows, NOWHERE after a shorter list's end; place (Q,) is where the one
credential was that the learner took up, from 0, or NOWHERE.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from services.recommender.evaluation.log import Ints
from services.recommender.evaluation.running import NOWHERE

Doubles = NDArray[np.float64]
MOST_COMPARED = 2_000
"""Lists, evenly spaced, over which skill distance is averaged."""


def recall(place: Ints) -> Doubles:
    """Recall@k of each list (Q,): 1 for a hit, since one credential is relevant (then equal to hit rate)."""
    hit: Doubles = (place != NOWHERE).astype(np.float64)
    return hit


def ndcg(place: Ints) -> Doubles:
    """NDCG@k of each list (Q,): 1/log₂(1 + rank), rank from 1; with one relevant credential the ideal is 1
    (Järvelin & Kekäläinen 2002)."""
    ranks = np.maximum(place, 0) + 1.0
    gain: Doubles = recall(place) / np.log2(1 + ranks)
    return gain


def exposures(lists: Ints, credentials: int) -> Ints:
    """How often each credential was listed (credentials,)."""
    return np.bincount(lists[lists != NOWHERE], minlength=credentials)


def coverage(exposure: Ints) -> float:
    """The share of the credentials that were listed at all (Ge, Delgado-Battenfeld & Jannach 2010)."""
    return float(np.mean(exposure > 0))


def gini(exposure: Ints) -> float:
    """Inequality of exposure, 0 when all are listed equally often: Σ(2i − n − 1)xᵢ / (n Σxᵢ), x ascending,
    i from 1 (Gini 1912, as in Shani & Gunawardana 2011)."""
    total = exposure.sum()
    if not total:
        return 0.0
    n = len(exposure)
    return float((2 * np.arange(1, n + 1) - n - 1) @ np.sort(exposure) / (n * total))


def mean_popularity(exposure: Ints, support: Ints) -> float:
    """How many learners of the training part had the listed credentials, on average over all places of
    all lists (Yin et al. 2012: average recommendation popularity)."""
    return float(exposure @ support / max(exposure.sum(), 1))


def novelty(exposure: Ints, support: Ints, learners: int) -> float:
    """Mean self-information −log₂ p in bits over all places of all lists, p the share of the training
    part's learners who have the credential, one added to both counts (Zhou et al. 2010)."""
    information = -np.log2((support + 1) / (learners + 1))
    return float(exposure @ information / max(exposure.sum(), 1))


def skill_matrix(skills: Sequence[frozenset[str]]) -> csr_matrix:
    """Credentials × skills, 1 where it is taught."""
    index: dict[str, int] = {}
    columns = [index.setdefault(each, len(index)) for taught in skills for each in sorted(taught)]
    ends = np.cumsum([0, *map(len, skills)])
    return csr_matrix((np.ones(len(columns)), columns, ends), (len(skills), max(len(index), 1)))


def skill_distance(lists: Ints, skills: csr_matrix) -> float | None:
    """Mean over lists of the mean Jaccard distance 1 − |A∩B| / |A∪B| of their pairs' skills (Ziegler et
    al. 2005: intra-list similarity); credentials without skills are left out. None without any pair.
    """
    sample = lists[np.linspace(0, len(lists) - 1, min(len(lists), MOST_COMPARED)).astype(int)]
    sizes = np.asarray(skills.sum(axis=1)).ravel()
    total, pairs = np.zeros(len(sample)), np.zeros(len(sample))
    for one, other in combinations(range(lists.shape[1]), 2):
        a, b = sample[:, one], sample[:, other]
        both = (a != NOWHERE) & (b != NOWHERE) & (sizes[a] > 0) & (sizes[b] > 0)
        shared = np.asarray(skills[a[both]].multiply(skills[b[both]]).sum(axis=1)).ravel()
        total[both] += 1 - shared / (sizes[a[both]] + sizes[b[both]] - shared)
        pairs[both] += 1
    compared = pairs > 0
    return float(np.mean(total[compared] / pairs[compared])) if compared.any() else None
