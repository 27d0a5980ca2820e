import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.recommender.model.histories import Histories
from tests.unit.recommender_model.plain import CREDENTIALS, LEARNERS, PUTS, Tastes, support_of


def _filled(tastes: dict[int, Tastes]) -> Histories:
    triples = [(row, each, weight) for row, liked in tastes.items() for each, weight in liked]
    learners, credentials, weights = zip(*triples, strict=True) if triples else ((), (), ())
    histories = Histories()
    histories.fill(
        np.array(learners, np.int64),
        np.array(credentials, np.int64),
        np.array(weights, np.float32),
        len(tastes),
    )
    return histories


def _assert_agree(histories: Histories, tastes: dict[int, Tastes]) -> None:
    for learner in range(LEARNERS):
        index, weight = histories.by_learner.row(learner)
        liked = tastes.get(learner, [])
        assert index.tolist() == [each for each, _ in liked]
        assert weight.tolist() == [np.float32(each) for _, each in liked]
    support = support_of(tastes)
    for credential in range(CREDENTIALS):
        index, weight = histories.by_credential.row(credential)
        found = dict(zip(index.tolist(), weight.tolist(), strict=True))
        assert len(index) == len(found)
        assert found == {
            learner: np.float32(each)
            for learner, liked in tastes.items()
            for other, each in liked
            if other == credential
        }
        np.testing.assert_allclose(
            histories.support[credential], support.get(credential, 0), rtol=1e-6, atol=1e-9
        )


@given(PUTS, st.integers(0, 10))
def test_both_sides_agree_with_the_tastes(puts: list[tuple[int, Tastes]], filled: int) -> None:
    """However many learners were filled in at once and put later, both sides and the support are the tastes'."""
    first = dict(puts[:filled])
    tastes: dict[int, Tastes] = {
        row: first.get(row, []) for row in range(max(first, default=-1) + 1)
    }
    histories = _filled(tastes)
    _assert_agree(histories, tastes)
    for learner, liked in puts[filled:]:
        histories.put(learner, [each for each, _ in liked], [weight for _, weight in liked])
        tastes[learner] = liked
    _assert_agree(histories, tastes)


@given(PUTS)
def test_a_put_says_what_it_changed(puts: list[tuple[int, Tastes]]) -> None:
    """Changed are the credentials with another weight than before; related all that are or were among the tastes."""
    histories, tastes = Histories(), dict[int, dict[int, float]]()
    for learner, liked in puts:
        changed, related = histories.put(
            learner, [each for each, _ in liked], [weight for _, weight in liked]
        )
        old, new = tastes.get(learner, {}), dict(liked)
        union = old.keys() | new.keys()
        assert sorted(changed.tolist()) == sorted(
            each for each in union if old.get(each) != new.get(each)
        )
        assert sorted(related.tolist()) == sorted(union)
        tastes[learner] = new


def test_credentials_beyond_the_first_room() -> None:
    """A credential whose row is far beyond the others has its support like any other."""
    histories = Histories()
    histories.put(0, [9_000, 2], [1.0, 0.3])
    assert histories.support[9_000] == 1.0
    assert histories.by_credential.row(9_000)[0].tolist() == [0]
