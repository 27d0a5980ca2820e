"""A world in which the skills that credentials teach decide who likes them: new credentials in it."""

import numpy as np
import pytest
from rich.console import Console

from libs.common.contracts.catalog import Credential, Issuer, TaughtSkill
from services.recommender.domain.history import history
from services.recommender.model.cold_start import ColdStart
from services.recommender.model.learned import Model, snapshot
from services.recommender.model.moved import Followers
from services.recommender.model.training import Tuning
from services.recommender.trainer.columns import Columns
from services.recommender.trainer.fit import train_on
from services.recommender.trainer.folds import placed
from services.recommender.trainer.learners import Learners
from services.recommender.trainer.matrix import matrix_of
from services.recommender.trainer.newcomers import Newcomers
from services.recommender.trainer.states import States, fold
from tests.factories.catalog import credential
from tests.unit.recommender_model.data import NOW
from tests.unit.recommender_model.events import interaction

TOPICS, EACH, LEARNERS, LIKED = 4, 15, 120, 6
TUNING = Tuning(factors=6, alpha=20.0, regularization=2.0, iterations=15)


def course(name: str, topic: int, number: int) -> Credential:
    """Teaches two of its topic's five skills."""
    skills = [f"s{topic}.{number % 5}", f"s{topic}.{(number + 1) % 5}"]
    return credential(name, skills=[TaughtSkill(id=skill) for skill in skills])


class World:
    """Learner n likes credentials of topic n % TOPICS; the trainer's own parts keep the item side."""

    def __init__(self, *described: Credential) -> None:
        self.learners = Learners(States(), half_life_hours=24)
        self.newcomers = Newcomers(self.learners.states.credentials)
        for each in described:
            self.newcomers.describe(each)
        random = np.random.default_rng(7)
        for topic in range(TOPICS):
            for number in range(EACH):
                self.newcomers.describe(course(f"t{topic}c{number}", topic, number))
        for learner in range(LEARNERS):
            for minute, number in enumerate(random.permutation(EACH)[:LIKED].tolist()):
                self.enroll(learner, f"t{learner % TOPICS}c{number}", minute)
        self.followers = self._train()

    @property
    def model(self) -> Model:
        return self.followers.model

    def enroll(self, learner: int, credential_id: str, minute: int = 500) -> None:
        self.learners.apply(0, interaction(f"l{learner}", credential_id, "enroll", minute))

    def stream(self) -> None:
        live = self.learners.live
        self.newcomers.draw(live)
        self.followers.moved(live, live.step(), self.learners.trends())

    def columns(self) -> Columns:
        states = self.learners.states
        states.adopt(fold(states.columns, states.freeze(), states.credentials, 0))
        return states.columns

    def place(self, topic: int, credential_id: str) -> int:
        """Where the credential comes in the ranking by affinity of someone who likes two of the topic."""
        scores = self.model.affinity([(f"t{topic}c0", 1.0), (f"t{topic}c1", 0.8)])
        return int((scores > scores[self.model.index[credential_id]]).sum())

    def _train(self) -> Followers:
        live, credentials = self.learners.live, self.learners.states.credentials
        matrix = matrix_of(self.columns())
        factors, _ = train_on(matrix, TUNING, 1)
        found = placed(factors, matrix.items, len(credentials), TUNING)
        live.mark()
        live.install(self.newcomers.learn(found, live.histories.support))
        model = snapshot(
            live,
            credentials.ids,
            self.learners.trends(),
            version="v1",
            trained_at=NOW,
            half_life_hours=24,
            metrics={},
        )
        return Followers(model, credentials.ids)


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize("topic", range(TOPICS))
def test_a_new_credential_is_for_those_who_like_its_skills(world: World, topic: int) -> None:
    """Nobody has taken it up, and it is among the first for the right learners and among the last for others."""
    world.newcomers.describe(course("new", topic, 2))
    world.stream()
    assert world.place(topic, "new") < EACH
    for other in set(range(TOPICS)) - {topic}:
        assert world.place(other, "new") >= EACH


def test_what_was_described_before_the_fit_is_in_its_model() -> None:
    """A credential that nobody has taken up when the model is trained has a factor in that model."""
    world = World(course("early", 2, 3))
    assert world.place(2, "early") < EACH


def test_one_event_moves_it_further(world: World) -> None:
    """Skills say topic 1, its first learners are of topic 3: with each of them it goes from the one to the other."""
    world.newcomers.describe(course("new", 1, 2))
    world.stream()
    before = world.place(3, "new")
    world.enroll(3, "new")
    world.stream()
    after = world.place(3, "new")
    assert after < before
    for learner in (7, 11, 15, 19):
        world.enroll(learner, "new")
    world.stream()
    assert before >= 2 * EACH
    assert world.place(3, "new") < EACH + TOPICS


def test_what_says_nothing_of_a_taste_gives_no_prior(world: World) -> None:
    """A credential whose skills and issuer no trained one has gets no factor."""
    world.newcomers.describe(
        credential("odd", skills=[TaughtSkill(id="unheard")], issuer=Issuer(id="x", name="x"))
    )
    world.stream()
    assert "odd" not in world.model.index


def test_the_regression_finds_what_is_linear() -> None:
    """Factors that are a sum over skills are found again for an unseen combination, up to their length."""
    random = np.random.default_rng(1)
    meaning = random.normal(size=(12, 5))
    pairs = [(i, j) for i in range(12) for j in range(i)]
    known = [
        credential(f"{i}-{j}", skills=[TaughtSkill(id=f"s{i}"), TaughtSkill(id=f"s{j}")])
        for i, j in pairs
    ]
    factors = np.array([meaning[i] + meaning[j] for i, j in pairs], np.float32)
    cold = ColdStart(known[1:], factors[1:], np.full(len(pairs) - 1, 400.0))
    prior = cold.prior(known[0])
    assert prior is not None
    cosine = prior @ factors[0] / np.linalg.norm(prior) / np.linalg.norm(factors[0])
    assert cosine > 0.95


def ambiguous(name: str, topic: int, other: int) -> Credential:
    """Teaches one skill of each of two topics: content cannot tell whose it is."""
    skills = [f"s{topic}.1", f"s{other}.1"]
    return credential(name, skills=[TaughtSkill(id=skill) for skill in skills])


def reach(world: World, credential_id: str, topic: int) -> float:
    """The share of the topic's learners who have the credential among the first ten that they do not know."""
    found = 0
    learners = range(topic, LEARNERS, TOPICS)
    for learner in learners:
        state = world.learners.states.get(f"l{learner}")
        assert state is not None
        scores = world.model.affinity(history(state.interactions))
        scores[[world.model.index[each] for each in state.interactions]] = -np.inf
        found += int((scores > scores[world.model.index[credential_id]]).sum() < 10)
    return found / len(learners)


def test_one_event_and_content_are_better_than_either_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Of credentials whose skills are of two topics, each taken up by one learner of the first: with content and the event more
    of that topic's learners have it among their first ten than with content alone, and than with the event alone."""
    reached: dict[str, list[float]] = {"content": [], "event": [], "both": []}
    for topic in range(TOPICS):
        world, other = World(), (topic + 1) % TOPICS
        for name in ("content", "both"):
            world.newcomers.describe(ambiguous(name, topic, other))
        for name in ("event", "both"):
            world.enroll(topic, name)
        world.stream()
        for name, found in reached.items():
            found.append(reach(world, name, topic))
    means = {name: float(np.mean(found)) for name, found in reached.items()}
    with capsys.disabled():
        Console().print(f"among the first ten of those whom it is for: {means}")
    assert means["both"] > means["content"]
    assert means["both"] >= means["event"]
