"""The cheapest credentials that bring a team to a mean readiness: weighted submodular cover.

Whoever lacks a skill takes a credential of their own, so what is chosen are pairs of member and bundle. Greedy by gain
per cost, a gain counting no further than to the goal (Wolsey 1982), and greedy by gain; from each of the two
what turns out not to be needed is taken away again, the dearest first. The cheaper of those that reach the goal.
"""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from services.recommender.domain.choosing import CENT, Bundles, Limits, Offer
from services.recommender.domain.stacking import Stacking

ANYTHING = Limits(cents=np.inf, hours=np.inf, steps=10**6)
EQUAL = 1e-9
Chosen = list[list[int]]
"""For each member the places of the candidates that they take."""


class Seat(Struct, frozen=True):
    """A member: the readiness begun with, 0 to 1, and what they may take."""

    begun: float
    stacking: Stacking
    offer: Offer


def cover(seats: Sequence[Seat], goal: float) -> Chosen:
    """What each takes so that their mean readiness is at least `goal`; where nothing reaches it, what comes nearest."""
    found = [
        _pruned(seats, _greedy(seats, goal, per_cost=per_cost), goal) for per_cost in (True, False)
    ]
    reaching = [each for each in found if reached(seats, each) >= goal - EQUAL]
    if reaching:
        return min(reaching, key=lambda each: cost(seats, each))
    return max(found, key=lambda each: reached(seats, each))


def reached(seats: Sequence[Seat], chosen: Chosen) -> float:
    """The mean readiness with what is chosen."""
    return float(np.mean([_readiness(*each) for each in zip(seats, chosen, strict=True)]))


def cost(seats: Sequence[Seat], chosen: Chosen) -> float:
    """Of all together, in cents."""
    return sum(
        float(seat.offer.cents[taken].sum()) for seat, taken in zip(seats, chosen, strict=True)
    )


def _readiness(seat: Seat, taken: Sequence[int]) -> float:
    stacking = seat.stacking
    return seat.begun + stacking.covered(stacking.after(stacking.nothing(), *taken))


class _Next(Struct, frozen=True):
    """The best bundle that a member could take next: what it adds to their readiness, what it costs in cents."""

    more: list[int]
    gain: float
    cents: float


def _greedy(seats: Sequence[Seat], goal: float, *, per_cost: bool) -> Chosen:
    bundles = [Bundles(seat.offer, seat.stacking.useful()) for seat in seats]
    chosen: Chosen = [[] for _ in seats]

    def following(at: int) -> _Next:
        return _next(seats[at], bundles[at], chosen[at], per_cost=per_cost)

    nexts = [following(at) for at in range(len(seats))]
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
        missing -= nexts[at].gain
        nexts[at] = following(at)
    return chosen


def _next(seat: Seat, bundles: Bundles, taken: list[int], *, per_cost: bool) -> _Next:
    stacking = seat.stacking
    residual = stacking.after(stacking.nothing(), *taken)
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
        lost = (_readiness(seats[at], chosen[at]) - _readiness(seats[at], rest)) / len(seats)
        if lost <= spare + EQUAL and _stands(seats[at].offer, rest):
            chosen[at] = rest
            spare -= lost
    return chosen


def _stands(offer: Offer, taken: Sequence[int]) -> bool:
    """Whether each of the taken has what it needs among them."""
    have = set(taken)
    return all(have.intersection(group) for one in taken for group in offer.needs[one])
