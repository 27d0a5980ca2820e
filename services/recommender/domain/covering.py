"""The cheapest credentials that bring a team to a mean readiness: weighted submodular cover.

Whoever lacks a skill takes a credential of their own, so what is chosen are pairs of member and bundle. Greedy by gain
per cost, a gain counting no further than to the goal (Wolsey 1982), and greedy by gain; from each of the two
what turns out not to be needed is taken away again, the dearest first. The cheaper of those that reach the goal.
"""

from collections.abc import Generator, Sequence
from typing import TypeVar

import numpy as np
from msgspec import Struct

from services.recommender.domain.choosing import CENT, Bundles, Limits, Offer, orderable
from services.recommender.domain.columns import Array
from services.recommender.domain.stacking import Stacking

T = TypeVar("T")
MOST_STEPS = 8
"""Of one member, as of a path: what more would add is not worth anyone's weeks."""
ANYTHING = Limits(cents=np.inf, hours=np.inf, steps=MOST_STEPS)
EQUAL = 1e-9
Chosen = list[list[int]]
"""For each member the places of the candidates that they take."""
Parts = Generator[None, None, T]
"""Work in parts of milliseconds each; what it comes to is returned at its end."""


class Seat(Struct, frozen=True):
    """A member: the readiness begun with, 0 to 1, and what they may take."""

    begun: float
    stacking: Stacking
    offer: Offer


def cover(seats: Sequence[Seat], goal: float) -> Parts[Chosen]:
    """What each takes so that their mean readiness is at least `goal`; where nothing reaches it, what comes nearest."""
    bundles = []
    for seat in seats:
        bundles.append(Bundles(seat.offer, seat.stacking.useful()))
        yield
    found = []
    for per_cost in (True, False):
        greedy = yield from _greedy(seats, bundles, goal, per_cost=per_cost)
        found.append(_pruned(seats, greedy, goal))
        yield
    reaching = [each for each in found if reached(seats, each) >= goal - EQUAL]
    if reaching:
        return min(reaching, key=lambda each: cost(seats, each))
    return max(found, key=lambda each: reached(seats, each))


def reached(seats: Sequence[Seat], chosen: Chosen) -> float:
    """The mean readiness with what is chosen."""
    return float(np.mean([readiness(*each) for each in zip(seats, chosen, strict=True)]))


def cost(seats: Sequence[Seat], chosen: Chosen) -> float:
    """Of all together, in cents."""
    return sum(
        float(seat.offer.cents[taken].sum()) for seat, taken in zip(seats, chosen, strict=True)
    )


def readiness(seat: Seat, taken: Sequence[int]) -> float:
    """A member's with what they take."""
    stacking = seat.stacking
    return seat.begun + stacking.covered(stacking.after(stacking.nothing(), *taken))


class _Next(Struct, frozen=True):
    """The best bundle that a member could take next: what it adds to their readiness, what it costs in cents."""

    more: list[int]
    gain: float
    cents: float


def _greedy(
    seats: Sequence[Seat], bundles: Sequence[Bundles], goal: float, *, per_cost: bool
) -> Parts[Chosen]:
    chosen: Chosen = [[] for _ in seats]
    residuals = [seat.stacking.nothing() for seat in seats]
    nexts: list[_Next] = []
    for at, seat in enumerate(seats):
        nexts.append(_next(seat, bundles[at], residuals[at], chosen[at], per_cost=per_cost))
        yield
    missing = len(seats) * (goal - reached(seats, chosen))
    while missing > EQUAL:
        rates = [
            min(each.gain, missing) / (each.cents + CENT) if per_cost else each.gain
            for each in nexts
        ]
        at = int(np.argmax(rates))
        if not nexts[at].more:
            break
        chosen[at] += nexts[at].more
        residuals[at] = seats[at].stacking.after(residuals[at], *nexts[at].more)
        missing -= nexts[at].gain
        nexts[at] = _next(seats[at], bundles[at], residuals[at], chosen[at], per_cost=per_cost)
        yield
    return chosen


def _next(
    seat: Seat, bundles: Bundles, residual: Array, taken: list[int], *, per_cost: bool
) -> _Next:
    stacking = seat.stacking
    more = bundles.best(stacking, residual, taken, ANYTHING, per_cost=per_cost)
    gain = stacking.covered(stacking.after(residual, *more)) - stacking.covered(residual)
    return _Next(more, gain, float(seat.offer.cents[more].sum()))


def _pruned(seats: Sequence[Seat], chosen: Chosen, goal: float) -> Chosen:
    """Without what the goal is reached without and nothing else that is taken needs."""
    if reached(seats, chosen) < goal - EQUAL:
        return chosen
    spare = reached(seats, chosen) - goal
    pairs = [(at, one) for at, taken in enumerate(chosen) for one in taken]
    pairs.sort(key=lambda pair: -seats[pair[0]].offer.cents[pair[1]])
    for at, one in pairs:
        rest = [each for each in chosen[at] if each != one]
        lost = (readiness(seats[at], chosen[at]) - readiness(seats[at], rest)) / len(seats)
        if lost <= spare + EQUAL and orderable(seats[at].offer.needs, rest):
            chosen[at] = rest
            spare -= lost
    return chosen
