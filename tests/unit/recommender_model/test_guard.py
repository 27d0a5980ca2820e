"""The guard between a fit and the followers."""

import numpy as np

from services.recommender.model.live import Fold
from services.recommender.trainer.guard import Guard
from services.recommender.trainer.learners import Learners
from services.recommender.trainer.live_quality import LiveQuality
from services.recommender.trainer.newcomers import Newcomers
from services.recommender.trainer.promotion import LEAST_QUESTIONS, PARKED
from services.recommender.trainer.states import States
from services.recommender.trainer.stream import Stream
from services.recommender.trainer.training import Fit
from tests.unit.recommender_model.data import NOW, checkerboard, trained
from tests.unit.recommender_model.events import interaction
from tests.unit.recommender_model.test_cold_start import EACH, World, course
from tests.unit.recommender_model.test_stream import Sender


async def test_a_damaged_fit_is_parked_with_its_figures_and_a_good_one_is_not() -> None:
    """What learners took up while it was fitted decides; what is in use stays as it was."""
    model = trained(checkerboard())
    learners = Learners(States(), 24)
    for credential_id in model.item_ids:
        learners.states.credentials.row(credential_id)
    stream = Stream(learners, Newcomers(learners.states.credentials), Sender(), {})
    stream.follow(model)
    quality = LiveQuality(lambda: stream.model)
    quality.open = True
    guard = Guard(stream, quality)
    await guard.begin()
    guard.saved()
    for learner in range(2 * LEAST_QUESTIONS):
        for step in range(4):
            event = interaction(f"l{learner}", f"c{(learner + 2 * step) % 50}", "complete", step)
            quality.see(learners.states.get(event.learner_key), event)
            learners.apply(0, event)
    shuffled = np.random.default_rng(3).permutation(model.factors)
    parked = await guard.parked(_fit(shuffled, model.alpha, model.regularization))
    assert parked is not None
    assert parked.version == "v2"
    assert parked.metrics[PARKED] == 1
    assert parked.metrics["change_high"] < 0
    assert stream.model is model
    await guard.begin()
    good = _fit(model.factors, model.alpha, model.regularization)
    assert await guard.parked(good) is None
    assert good.metrics["compared_questions"] >= LEAST_QUESTIONS


async def test_a_fit_that_comes_to_nothing_leaves_newcomers_alone() -> None:
    """A credential that is published after a fit was compared has a factor of the model in use, not of the fit."""
    world = World()
    stream = Stream(world.learners, world.newcomers, Sender(), {})
    stream.follow(world.model)
    live = world.learners.live
    wider = np.random.default_rng(1).standard_normal((len(live.factors), live.factors.shape[1] + 2))
    await stream.challenger(world.model, _fit(wider.astype(np.float32), 20.0, 2.0).fold)
    world.newcomers.describe(course("new", 1, 2))
    await stream.send()
    world.followers.model = stream.model
    assert world.place(1, "new") < EACH
    assert world.place(2, "new") >= EACH


def _fit(factors: np.ndarray, alpha: float, regularization: float) -> Fit:
    fold = Fold(factors, np.arange(len(factors)), alpha, regularization, np.zeros_like(factors))
    return Fit("v2", NOW, fold, {})
