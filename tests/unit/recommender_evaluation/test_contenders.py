"""Baselines on data with one obvious answer, and against other ways to compute the same."""

import numpy as np
import pytest
from implicit.cpu.als import AlternatingLeastSquares
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from libs.common.errors import InvalidRequest
from services.recommender.evaluation.contender import Contender
from services.recommender.evaluation.contenders.ease import Ease, FixedEase, item_weights
from services.recommender.evaluation.contenders.factors import ImplicitDefault, ImplicitTuned
from services.recommender.evaluation.contenders.popularity import Popularity
from services.recommender.evaluation.contenders.registry import BASELINES, Setting, contenders
from services.recommender.evaluation.contenders.tuning import choose
from services.recommender.evaluation.log import Event
from services.recommender.evaluation.running import run
from services.recommender.evaluation.split import leave_last_out
from services.recommender.model.training import Tuning
from tests.unit.recommender_evaluation.data import Fixed, checkerboard, log_of

SMALL = Tuning(factors=4, alpha=2.0, regularization=0.1, iterations=10)


@pytest.fixture(autouse=True)
def one_thread():
    """As `evaluate` runs them."""
    with threadpool_limits(1, user_api="blas"):
        yield


def liking(entries) -> csr_matrix:
    return csr_matrix(np.array(entries, np.float32))


@pytest.mark.parametrize("contender", [FixedEase(10.0), ImplicitDefault(SMALL)])
def test_the_checkerboard_is_learned(contender: Contender) -> None:
    """All that a learner lacks of their own parity is what is recommended first."""
    log = checkerboard()
    contender.fit(log)
    for learner in range(0, 30, 7):
        assert contender.rank(learner, 0, 1).tolist() == [learner]


@pytest.mark.parametrize("contender", [FixedEase(10.0), ImplicitDefault(SMALL), Popularity()])
def test_what_is_taken_up_is_never_listed(contender: Contender) -> None:
    """Neither from the training part nor since; all else that is known and scored may be, once."""
    contender.fit(checkerboard())
    contender.update(Event(0, 0, "enroll", 0))
    listed = contender.rank(0, 0, 30).tolist()
    assert not {row for row in listed if row % 2 == 0}
    assert len(set(listed)) == len(listed)


def test_a_history_counts_at_once() -> None:
    """Someone new is served the popular ones, and after one event what goes with that."""
    contender = FixedEase(1.0)
    entries = [(n, c) for n in range(6) for c in ((0, 1) if n < 4 else (2, 3))]
    contender.fit(log_of(entries, learners=7))
    assert contender.rank(6, 0, 2).tolist() == [0, 1]
    contender.update(Event(6, 3, "enroll", 0))
    assert contender.rank(6, 0, 1).tolist() == [2]


def test_recency_weighs_the_newest_most() -> None:
    """Of two that a learner likes, what goes with the later one comes first, in whatever order they came."""
    entries = [(n, c) for n in range(6) for c in ((0, 1) if n < 3 else (2, 3))]
    for first, then in ((0, 2), (2, 0)):
        contender = FixedEase(1.0, recency=0.5)
        contender.fit(log_of([*entries, (6, first), (6, then)]))
        assert contender.rank(6, 0, 1).tolist() == [then + 1]


def test_a_credential_after_training_is_not_listed_by_a_static_model() -> None:
    """It has no column; whoever has only it is served the popular ones."""
    contender = FixedEase(1.0)
    contender.fit(log_of([(0, 0), (0, 1), (1, 0), (1, 1)], learners=4, credentials=3))
    contender.update(Event(2, 2, "enroll", 0))
    assert contender.rank(0, 0, 9).tolist() == []
    assert contender.rank(2, 0, 9).tolist() == [0, 1]


def test_a_view_is_history_and_may_still_be_listed() -> None:
    """It is liked, but not taken up."""
    contender = Popularity()
    contender.fit(log_of([(0, 0), (1, 1, "view"), (1, 2, "dismiss"), (2, 1)]))
    assert contender.rank(1, 0, 9).tolist() == [1, 0]


def test_ease_is_its_closed_form() -> None:
    """B = I − P·diag(1/diag P), computed plainly in double precision, over more than one block."""
    liked = (np.random.default_rng(5).random((900, 600)) < 0.02).astype(np.float32)
    plain = np.linalg.inv(liked.T.astype(np.float64) @ liked + 20 * np.eye(600))
    expected = np.eye(600) - plain / np.diag(plain)
    assert np.abs(item_weights(csr_matrix(liked), 20.0) - expected).max() < 1e-5


def test_ease_keeps_the_most_popular_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """With more than it can hold, the others are unknown to it."""
    monkeypatch.setattr(FixedEase, "most_columns", 2)
    contender = FixedEase(1.0)
    contender.fit(log_of([(0, 1), (1, 1), (2, 1), (0, 2), (1, 2), (2, 0), (3, 2)]))
    assert contender.rank(2, 0, 9).tolist() == [2]


def test_a_folded_in_learner_is_implicits_own() -> None:
    """The scores are those of implicit's recalculate_user with the same item factors."""
    contender = ImplicitDefault(SMALL)
    contender.fit(checkerboard())
    theirs = AlternatingLeastSquares(factors=4, alpha=2.0, regularization=0.1, num_threads=1)
    theirs.item_factors = contender._factors
    row = liking([[float(column in (3, 5)) for column in range(30)]])
    folded = theirs.recalculate_user(0, row)
    scores = contender.scores(np.array([3, 5]), np.ones(2, np.float32))
    assert np.allclose(scores, contender._factors @ folded, atol=1e-4)


def test_tuning_takes_the_best_and_never_sees_the_end() -> None:
    """Of two that list one credential, the one that is right; what is fitted lacks what is asked."""
    first = [(learner, 0) for learner in range(5)]
    log = log_of([(8, 1), (9, 2), *first, *((learner, 1) for learner in range(5))])
    made: list[Fixed] = []

    def make(row: int) -> Fixed:
        made.append(Fixed([row]))
        return made[-1]

    assert choose((2, 1), make, log, "leave-last-out", lambda _: None) == 1
    for contender in made:
        fitted = [(learner, row) for call, learner, row in contender.calls if call == "fit"]
        assert fitted == [(8, 1), (9, 2), *first]


@pytest.mark.parametrize("made", [ImplicitTuned, Ease])
def test_tuned_baselines_say_what_they_chose(made: type[ImplicitTuned] | type[Ease]) -> None:
    """On the checkerboard the tuned ones are as right as any, and name their settings."""
    said: list[str] = []
    contender = made("leave-last-out", said.append)
    outcome = run(contender, leave_last_out(checkerboard()), 14)
    assert (outcome.place >= 0).mean() > 0.9
    assert contender.settings
    assert said


def test_contenders_are_made_by_name() -> None:
    """In the order asked for; an unknown name is refused with those that exist."""
    setting = Setting("prequential", None, lambda _: None)
    assert [each.name for each in contenders(setting, BASELINES)] == list(BASELINES)
    with pytest.raises(InvalidRequest, match=r"wizard.*popularity"):
        contenders(setting, ["wizard"])
    with pytest.raises(InvalidRequest, match="once"):
        contenders(setting, ["ease", "ease"])
