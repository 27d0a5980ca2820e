import pytest

from services.recommender.trainer.schedule import Schedule

SCHEDULE = Schedule(minimum=500, after_events=10_000, every_seconds=3600, quiet_seconds=5)
IDLE = {
    "held": 50_000,
    "changed": 0,
    "age": 60.0,
    "since_fit": 60.0,
    "fit_took": 2.0,
    "since_event": 60.0,
    "growth": 1.0,
}


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ({}, False),
        ({"age": None}, True),
        ({"age": None, "held": 499}, False),
        ({"age": None, "since_fit": float("inf")}, True),
        ({"changed": 9_999, "since_event": 0}, False),
        ({"changed": 10_000, "since_event": 0}, True),
        ({"changed": 10_000, "since_fit": 9}, False),
        ({"changed": 10_000, "fit_took": 30}, False),
        ({"changed": 5_000}, True),
        ({"changed": 5_000, "since_event": 4}, False),
        ({"changed": 1}, False),
        ({"changed": 1, "age": 3600}, True),
        ({"age": 3600}, False),
        ({"growth": 2.0}, True),
        ({"growth": 2.0, "since_event": 4}, False),
    ],
)
def test_when_a_fit_is_due(now: dict, due: bool) -> None:
    """The first model at the minimum, then after enough events, an ended import, enough growth or time; never in a rush."""
    assert SCHEDULE.due(**{**IDLE, **now}) is due
