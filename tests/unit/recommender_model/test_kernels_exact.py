"""What is approximate for speed, against the exact result, on factors that were really trained."""

import numpy as np
import pytest
from rich.console import Console

from services.recommender.domain.fusion import top
from services.recommender.model import graph, solve
from services.recommender.model.als import FoldIn, gram
from services.recommender.model.live import Live
from services.recommender.model.training import Tuning
from services.recommender.model.types import Floats
from services.recommender.trainer.fit import train_on
from services.recommender.trainer.learners import Learners
from services.recommender.trainer.matrix import matrix_of
from services.recommender.trainer.states import States, fold
from tests.unit.recommender_model.events import interaction
from tests.unit.recommender_model.plain import system

LEARNERS, TOPICS, EACH, LIKED = 240, 6, 40, 12
ALPHA, REGULARIZATION = 20.0, 5.0
TUNING = Tuning(factors=24, alpha=ALPHA, regularization=REGULARIZATION, iterations=10)


class Trained:
    """Learners of six topics, one credential in four from elsewhere; factors of both sides as `implicit` trained them."""

    def __init__(self) -> None:
        self.learners = Learners(States(), half_life_hours=24)
        random = np.random.default_rng(11)
        for learner in range(LEARNERS):
            for minute in range(LIKED):
                topic = learner % TOPICS if random.random() < 0.75 else int(random.integers(TOPICS))
                number = int(EACH * random.random() ** 2)
                self.enroll(f"l{learner}", f"t{topic}c{number}", minute)
        states = self.learners.states
        states.adopt(fold(states.columns, states.freeze(), states.credentials, 0))
        matrix = matrix_of(states.columns)
        factors, _ = train_on(matrix, TUNING, 1)
        self.items: Floats = np.zeros((len(states.credentials), TUNING.factors), np.float32)
        self.items[matrix.items] = factors

    def enroll(self, learner: str, credential: str, minute: int) -> None:
        self.learners.apply(0, interaction(learner, credential, "enroll", minute))

    @property
    def live(self) -> Live:
        return self.learners.live


@pytest.fixture(scope="module")
def trained() -> Trained:
    return Trained()


def exact(items: Floats, liked: list[tuple[int, float]]) -> np.ndarray:
    """A learner's factor in double precision, by a direct solution."""
    zero = np.zeros(items.shape[1])
    left, right = system(items, liked, alpha=ALPHA, regularization=REGULARIZATION, prior=zero)
    return np.linalg.solve(left, right)


def liked_by(live: Live, learner: int) -> list[tuple[int, float]]:
    start, length = (int(each[0]) for each in live.histories.by_learner.places(np.array([learner])))
    places = slice(start, start + length)
    of = live.histories.by_learner
    return list(zip(of.index[places].tolist(), of.weight[places].tolist(), strict=True))


def overlap(one: np.ndarray, other: np.ndarray, k: int = 20) -> float:
    """The share of the first k that two scores have in common."""
    return len(set(np.argsort(-one)[:k]) & set(np.argsort(-other)[:k])) / k


def solved(trained: Trained, start: Floats) -> Floats:
    """All learners by the trainer's kernel, from some factors."""
    return solve.solve(
        start,
        np.arange(LEARNERS),
        trained.live.histories.by_learner,
        trained.items,
        gram(trained.items).astype(np.float64),
        alpha=ALPHA,
        regularization=REGULARIZATION,
    )


def test_conjugate_gradient_against_the_direct_solution(
    trained: Trained, capsys: pytest.CaptureFixture[str]
) -> None:
    """From nothing and from the factors of before, each learner's first twenty are those of the exact factor but for
    near ties; what was measured is printed."""
    cold = solved(trained, np.zeros((LEARNERS, TUNING.factors), np.float32))
    warm = solved(trained, cold * np.float32(1.02))
    wanted = np.array([exact(trained.items, liked_by(trained.live, n)) for n in range(LEARNERS)])
    for name, found in (("cold", cold), ("warm", warm)):
        error = np.linalg.norm(found - wanted, axis=1) / np.linalg.norm(wanted, axis=1)
        shared = [
            overlap(trained.items @ f, trained.items @ w)
            for f, w in zip(found, wanted, strict=True)
        ]
        with capsys.disabled():
            Console().print(
                f"conjugate gradient, {name}: error median {np.median(error):.1e}, most {error.max():.1e}; "
                f"first 20 shared {np.mean(shared):.4f}, least {min(shared):.2f}",
                soft_wrap=True,
            )
        assert error.max() < 10 * solve.TOLERANCE
        assert np.mean(shared) > 0.98


def test_the_workers_fold_in_against_double_precision(trained: Trained) -> None:
    """Solved in single precision by Cholesky it is the exact factor to four digits, and its list the same but for ties."""
    items = trained.items
    for learner in range(0, LEARNERS, 12):
        liked = liked_by(trained.live, learner)
        rows, weights = zip(*liked, strict=True)
        confidence = ALPHA * np.array(weights, np.float32)
        found = FoldIn(gram(items), items[list(rows)], confidence, REGULARIZATION).x
        wanted = exact(items, liked)
        assert np.linalg.norm(found - wanted) <= 1e-4 * np.linalg.norm(wanted)
        assert overlap(items @ found, items @ wanted) >= 0.95


def test_the_truncated_graph_against_the_whole(
    trained: Trained, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of all that goes with a learner's credentials, the strongest fifty edges of each find the same first twenty, nearly."""
    n = len(trained.items)
    narrow, _ = graph.edges(trained.live.histories, np.arange(n))
    whole = whole_graph(trained, n)
    shared = []
    for learner in range(0, LEARNERS, 6):
        one, other = np.zeros(n), np.zeros(n)
        for row, weight in liked_by(trained.live, learner):
            there = narrow.to[row] >= 0
            one[narrow.to[row][there]] += weight * narrow.weight[row][there]
            other += weight * whole[row]
        shared.append(overlap(one, other))
    with capsys.disabled():
        Console().print(f"graph of {graph.WIDE} edges: first 20 shared {np.mean(shared):.4f}")
    assert np.mean(shared) > 0.9


def whole_graph(trained: Trained, n: int) -> np.ndarray:
    """Every edge, by the definition (n, n)."""
    liked = [liked_by(trained.live, learner)[: graph.DEEP] for learner in range(LEARNERS)]
    support, together = np.zeros(n), np.zeros((n, n))
    for each in liked:
        rows = [row for row, _ in each]
        weights = np.array([weight for _, weight in each])
        support[rows] += weights
        together[np.ix_(rows, rows)] += np.outer(weights, weights) / weights.sum()
    np.fill_diagonal(together, 0)
    scaled = together / np.sqrt(np.outer(support, support))
    edges: np.ndarray = np.nan_to_num(scaled) ** graph.TOGETHER_POWER
    return edges


def test_selection_against_a_full_sort() -> None:
    """The partial selection of a list's places is the stable full sort's beginning, ties included."""
    random = np.random.default_rng(2)
    for _ in range(50):
        scores = random.integers(0, 40, 300).astype(float)
        for depth in (1, 20, 299, 300, 500):
            assert (
                top(scores, depth).tolist() == np.argsort(-scores, kind="stable")[:depth].tolist()
            )
