import pytest

from services.recommender.domain.history import HISTORY_LENGTH, KIND_WEIGHTS, history, tastes


def test_stronger_kinds_weigh_more() -> None:
    """A view says less than a save, that less than enrolling, that less than completing."""
    assert (
        KIND_WEIGHTS["view"]
        < KIND_WEIGHTS["save"]
        < KIND_WEIGHTS["enroll"]
        < KIND_WEIGHTS["complete"]
    )


@pytest.mark.parametrize(
    ("kinds", "weight"),
    [
        ({"view": 1}, "view"),
        ({"view": 9, "complete": 5}, "complete"),
        ({"save": 2, "unsave": 1}, "save"),
        ({"save": 1, "unsave": 2}, None),
        ({"save": 2, "unsave": 2}, None),
        ({"enroll": 1, "withdraw": 2, "view": 1}, "view"),
        ({"dismiss": 1}, None),
        ({"view": 5, "dismiss": 1}, None),
        ({"complete": 1, "dismiss": 5}, None),
        ({"enroll": 5, "dismiss": 1}, "enroll"),
        ({"unsave": 5}, None),
        ({"complete": -5_000}, "complete"),
        ({"enroll": -9, "withdraw": -5}, None),
        ({"enroll": -5, "dismiss": -9}, "enroll"),
    ],
)
def test_what_the_kinds_of_one_credential_say(kinds: dict, weight: str | None) -> None:
    """The heaviest kind that nothing has undone counts, once."""
    found = [taste.weight for taste in tastes({"c": kinds})]
    assert found == ([] if weight is None else [KIND_WEIGHTS[weight]])


def test_each_step_back_weighs_less() -> None:
    """The newest credential leads with its full weight, each older one has 0.8 of it, ties by id."""
    found = history({"old": {"enroll": 1}, "b": {"enroll": 5}, "a": {"enroll": 5}})
    assert found == [("a", 1.0), ("b", pytest.approx(0.8)), ("old", pytest.approx(0.64))]


def test_a_long_history_is_cut() -> None:
    """What is too far back to matter is not part of the query."""
    assert len(history({str(i): {"view": i} for i in range(200)})) == HISTORY_LENGTH
