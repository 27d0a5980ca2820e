"""Which set of credentials to take: the best within a budget, hours and a number of steps.

With few candidates every set is looked at. With many, the better of two greedy sets is taken: by gain,
whose first choice is the best single bundle, and by gain per cost, which alone would pick cheap junk
first (Khuller, Moss & Naor 1999). A credential comes as a bundle with the prerequisites still missing.
"""

from collections.abc import Container, Sequence

import numpy as np
from msgspec import Struct

from services.recommender.domain.columns import Array
from services.recommender.domain.stacking import Stacking

LEAST_GAIN = 0.005
"""A step that adds less readiness than this is not worth a learner's weeks."""
FEW = 16
CENT = 1.0

Groups = Sequence[Sequence[Sequence[int]]]


class Limits(Struct, frozen=True):
    """Of the whole set: cents, hours, and how many; infinite where nothing was said."""

    cents: float
    hours: float
    steps: int


class Offer(Struct, frozen=True):
    """What m candidates cost and need. cents, hours (m,), 0 where unknown and unlimited.

    needs: for each candidate its unmet prerequisites, each as the candidates any one of which meets it.
    """

    cents: Array
    hours: Array
    needs: Groups


def choose(stacking: Stacking, offer: Offer, limits: Limits) -> list[int]:
    """The places of the chosen candidates, in no order; empty when nothing is worth it or fits."""
    if len(stacking.rows) <= FEW:
        return exhaustive(stacking, offer, limits)
    found = [
        _without_spare(stacking, offer, greedy(stacking, offer, limits, per_cost=per_cost))
        for per_cost in (False, True)
    ]
    return max(found, key=lambda chosen: worth(stacking, chosen))


def worth(stacking: Stacking, chosen: Sequence[int]) -> float:
    """What is maximised: F, less the least gain for each step."""
    return stacking.covered(stacking.after(stacking.nothing(), *chosen)) - LEAST_GAIN * len(chosen)


def exhaustive(stacking: Stacking, offer: Offer, limits: Limits) -> list[int]:
    """The best of all sets; the cheapest of the best. At most `FEW` candidates, or it takes too long."""
    n = len(stacking.rows)
    sets = np.arange(1 << n)
    cents, hours, count = (_sums(each) for each in (offer.cents, offer.hours, np.ones(n)))
    fits = (cents <= limits.cents) & (hours <= limits.hours) & (count <= limits.steps)
    for one, groups in enumerate(offer.needs):
        for group in groups:
            fits &= (sets & (1 << one) == 0) | (sets & sum(1 << each for each in group) != 0)
    worths = np.where(fits, _coverage(stacking) - LEAST_GAIN * count, -np.inf)
    for chosen in np.lexsort((cents, -np.round(worths, 12))).tolist():
        places = [one for one in range(n) if chosen >> one & 1]
        if orderable(offer.needs, places):
            break
    return places


def greedy(stacking: Stacking, offer: Offer, limits: Limits, *, per_cost: bool) -> list[int]:
    """Takes the bundle that adds most (for its cost) until none fits or is worth its steps."""
    bundles = Bundles(offer, stacking.useful())
    taken: list[int] = []
    residual = stacking.nothing()
    while more := bundles.best(stacking, residual, taken, limits, per_cost=per_cost):
        residual = stacking.after(residual, *more)
        taken += more
    return taken


class Bundles:
    """Each wanted candidate with what it needs first; none where something needed is not offered."""

    def __init__(self, offer: Offer, wanted: Array) -> None:
        self._offer = offer
        found = _closures(offer)
        self._members = [found[one] for one in np.flatnonzero(wanted).tolist() if one in found]
        sizes = np.array([len(bundle) for bundle in self._members], np.int64)
        self._begins = np.cumsum(sizes) - sizes
        self._places = np.array([one for bundle in self._members for one in bundle], np.int64)

    def best(
        self,
        stacking: Stacking,
        residual: Array,
        taken: Sequence[int],
        limits: Limits,
        *,
        per_cost: bool,
    ) -> list[int]:
        """What is still missing of the best bundle; empty when none fits or is worth its steps.

        F is submodular, so the sum of its members' gains bounds a bundle's: bundles are looked at in
        the order of their bounds until none can be better.
        """
        offer = self._offer
        left = np.ones(len(stacking.rows))
        left[taken] = 0
        cents, hours, count = (
            self._totals(left * each) for each in (offer.cents, offer.hours, 1.0)
        )
        fits = (
            (cents <= limits.cents - offer.cents[taken].sum())
            & (hours <= limits.hours - offer.hours[taken].sum())
            & (count <= limits.steps - len(taken))
        )
        bounds = self._totals(left * stacking.gains(residual))
        price = cents + CENT if per_cost else np.ones(len(cents))
        rates = np.where(fits & (count > 0) & (bounds >= LEAST_GAIN * count), bounds / price, 0.0)
        covered = stacking.covered(residual)
        best: list[int] = []
        best_rate = 0.0
        for place in np.argsort(-rates, kind="stable").tolist():
            if rates[place] <= best_rate:
                break
            more = [one for one in self._members[place] if left[one]]
            gain = stacking.covered(stacking.after(residual, *more)) - covered
            if gain >= LEAST_GAIN * len(more) and gain / price[place] > best_rate:
                best, best_rate = more, gain / price[place]
        return best

    def _totals(self, each: Array) -> Array:
        """For each bundle the sum over its members."""
        totals: Array = np.add.reduceat(each[self._places], self._begins)
        return totals


def in_order(stacking: Stacking, offer: Offer, chosen: Sequence[int]) -> list[tuple[int, float]]:
    """The chosen so that each comes after what it needs, the one that adds most first, with what it adds."""
    residual, done = stacking.nothing(), set[int]()
    steps: list[tuple[int, float]] = []
    while len(steps) < len(chosen):
        gains = stacking.gains(residual)
        ready = [one for one in chosen if one not in done and _met(offer.needs[one], done)]
        one = max(ready, key=lambda each: (gains[each], -offer.cents[each], -each))
        steps.append((one, float(gains[one])))
        residual = stacking.after(residual, one)
        done.add(one)
    return steps


def _met(groups: Sequence[Sequence[int]], done: Container[int]) -> bool:
    return all(any(one in done for one in group) for group in groups)


def orderable(needs: Groups, chosen: Sequence[int]) -> bool:
    """Whether each of the chosen can come after what it needs of them."""
    done, left = set[int](), list(chosen)
    while left:
        ready = [one for one in left if _met(needs[one], done)]
        if not ready:
            return False
        done.update(ready)
        left = [one for one in left if one not in done]
    return True


def _without_spare(stacking: Stacking, offer: Offer, chosen: list[int]) -> list[int]:
    """Without what adds nothing and nothing else that is chosen needs, the dearest first."""
    for one in sorted(chosen, key=lambda each: -offer.cents[each]):
        rest = [each for each in chosen if each != one]
        if worth(stacking, rest) >= worth(stacking, chosen) and orderable(offer.needs, rest):
            chosen = rest
    return chosen


def _closures(offer: Offer) -> dict[int, list[int]]:
    """Each candidate that can be reached with what it needs first, each once; of several that meet a need the
    cheapest with all that it needs. Candidates that need each other in a circle are not among them."""
    found: dict[int, list[int]] = {}
    waiting = list(range(len(offer.needs)))
    while ready := [one for one in waiting if _met(offer.needs[one], found)]:
        found |= {one: _closed(one, offer, found) for one in ready}
        waiting = [one for one in waiting if one not in found]
    return found


def _closed(one: int, offer: Offer, found: dict[int, list[int]]) -> list[int]:
    bundle = [one]
    for group in offer.needs[one]:
        options = [found[each] for each in group if each in found]
        cheapest = min(options, key=lambda option: float(offer.cents[option].sum()))
        bundle += [each for each in cheapest if each not in bundle]
    return bundle


def _sums(each: Array) -> Array:
    """Of every subset, numbered by its bits, the sum (2^n,)."""
    total = np.zeros(1)
    for one in each:
        total = np.concatenate([total, total + one])
    return total


def _coverage(stacking: Stacking) -> Array:
    """F of every subset, numbered by its bits (2^n,)."""
    n = len(stacking.rows)
    shares = np.array([stacking.shares(one) for one in range(n)]).reshape(n, len(stacking.values))
    total = np.zeros(1 << n)
    for value, by in zip(stacking.values, shares.T, strict=True):
        left = np.ones(1)
        for one in range(n):
            left = np.concatenate([left, left * (1 - by[one])])
        total += value * (1 - left)
    return total
