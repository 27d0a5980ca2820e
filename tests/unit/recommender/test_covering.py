"""The cheapest credentials for a team: against every choice there is, and within what holds of each."""

from itertools import product
from statistics import mean
from typing import TypeVar

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from services.recommender.domain.choosing import Offer
from services.recommender.domain.covering import EQUAL, Chosen, Parts, Seat, cost, cover, reached
from services.recommender.domain.stacking import Need
from tests.unit.recommender.test_stacking import stacking

T = TypeVar("T")
SKILLS = ("a", "b")
LEVELS = (0.33, 0.66, 1.0)
WEIGHT = 1 / len(SKILLS)


@st.composite
def teams(draw: st.DrawFn) -> list[Seat]:
    """Two or three members who hold something of two skills, with up to four credentials each, one after another."""
    seats = []
    for _ in range(draw(st.integers(2, 3))):
        held = {each: draw(st.sampled_from((0.0, 0.33, 0.66))) for each in SKILLS}
        taught = draw(
            st.lists(
                st.dictionaries(st.sampled_from(SKILLS), st.sampled_from(LEVELS), min_size=1),
                min_size=1,
                max_size=3,
            )
        )
        needs = [Need(each, WEIGHT, level, 1.0) for each, level in held.items()]
        cents = draw(st.lists(st.integers(0, 9), min_size=len(taught), max_size=len(taught)))
        after = draw(st.booleans()) and len(taught) > 1
        offer = Offer(
            np.array(cents, float) * 1000,
            np.zeros(len(taught)),
            [[[0]] if after and at == 1 else [] for at in range(len(taught))],
        )
        quality = [draw(st.sampled_from((0.3, 0.6, 0.9))) for _ in taught]
        seats.append(Seat(sum(held.values()) * WEIGHT, stacking(taught, needs, quality), offer))
    return seats


def every_choice(seats: list[Seat]) -> list[Chosen]:
    """Each that takes what it needs first."""
    subsets = [
        [
            [at for at in range(len(seat.stacking.rows)) if bits >> at & 1]
            for bits in range(1 << len(seat.stacking.rows))
        ]
        for seat in seats
    ]
    return [
        list(choice)
        for choice in product(*subsets)
        if all(stands(seat, taken) for seat, taken in zip(seats, choice, strict=True))
    ]


def finished(parts: Parts[T]) -> T:
    """What work in parts comes to."""
    while True:
        try:
            next(parts)
        except StopIteration as end:
            result: T = end.value
            return result


def stands(seat: Seat, taken: list[int]) -> bool:
    return all(set(group) & set(taken) for one in taken for group in seat.offer.needs[one])


@given(teams(), st.floats(0.2, 1.0))
def test_what_reaches_the_goal_is_complete_and_nothing_of_it_is_spare(
    seats: list[Seat], goal: float
) -> None:
    """Every choice has what it needs first; without any one of a choice that reaches the goal, it does not, or does not stand."""
    chosen = finished(cover(seats, goal))
    assert all(stands(seat, taken) for seat, taken in zip(seats, chosen, strict=True))
    if reached(seats, chosen) < goal - EQUAL:
        return
    for at, taken in enumerate(chosen):
        for one in taken:
            rest = [each for each in taken if each != one]
            without = [*chosen[:at], rest, *chosen[at + 1 :]]
            assert reached(seats, without) < goal or not stands(seats[at], rest)


def drawn_team(draw: np.random.Generator) -> list[Seat]:
    """Three members with four credentials each, at random."""
    seats = []
    for _ in range(3):
        held = {each: float(draw.choice((0.0, 0.33))) for each in SKILLS}
        taught = [
            {each: float(draw.choice(LEVELS)) for each in SKILLS if draw.random() < 0.7}
            for _ in range(4)
        ]
        needs = [Need(each, WEIGHT, level, 1.0) for each, level in held.items()]
        offer = Offer(draw.integers(0, 200, 4) * 100.0, np.zeros(4), [[]] * 4)
        quality = draw.uniform(0.3, 0.9, 4).tolist()
        seats.append(Seat(sum(held.values()) * WEIGHT, stacking(taught, needs, quality), offer))
    return seats


def test_the_choice_against_the_cheapest_of_all() -> None:
    """On small teams it costs little more than the cheapest choice that reaches the goal; the measured ratio is printed."""
    draw, ratios = np.random.default_rng(5), []
    for _ in range(16):
        seats = drawn_team(draw)
        choices = every_choice(seats)
        most = max(reached(seats, each) for each in choices)
        least = reached(seats, [[] for _ in seats])
        goal = least + draw.uniform(0.3, 0.9) * (most - least)
        cheapest = min(cost(seats, each) for each in choices if reached(seats, each) >= goal)
        chosen = finished(cover(seats, goal))
        assert reached(seats, chosen) >= goal - EQUAL
        ratios.append((cost(seats, chosen) + 100) / (cheapest + 100))
    assert min(ratios) >= 1 - EQUAL
    Console().print(f"cover / cheapest: mean {mean(ratios):.3f}, most {max(ratios):.3f}")
    assert mean(ratios) < 1.25
