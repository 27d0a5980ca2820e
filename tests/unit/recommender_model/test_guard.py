"""The guard between a fit and the followers."""

from itertools import count

import numpy as np
import pytest
from prometheus_client import REGISTRY

from services.recommender.model.learned import Model
from services.recommender.model.live import Fold
from services.recommender.model.types import Floats
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


class Fitting:
    """Learners of either parity who take up credentials of theirs, while a model of that is in use."""

    def __init__(self) -> None:
        self.model = trained(checkerboard())
        self.learners = Learners(States(), 24)
        for credential_id in self.model.item_ids:
            self.learners.states.credentials.row(credential_id)
        newcomers = Newcomers(self.learners.states.credentials)
        self.stream = Stream(self.learners, newcomers, Sender(), {})
        self.quality = LiveQuality(lambda: self.stream.model)
        self.quality.open = True
        self.guard = Guard(self.stream, self.quality)
        self._names = (f"l{number}" for number in count())

    async def fitted(self, factors: Floats) -> tuple[Fit, Model | None]:
        """A fit that ends with the factors after learners have gone on, and what the guard says."""
        await self.guard.begin()
        self.guard.saved()
        for number, name in zip(range(2 * LEAST_QUESTIONS), self._names, strict=False):
            for step in range(4):
                wanted = f"c{(number + 2 * step) % 50}"
                event = interaction(name, wanted, "complete", step)
                self.quality.see(self.learners.states.get(event.learner_key), event)
                self.learners.apply(0, event)
        fit = _fit(factors, self.model.alpha, self.model.regularization)
        return fit, await self.guard.parked(fit)


async def test_a_damaged_fit_is_parked_with_its_figures_and_a_good_one_is_not() -> None:
    """What learners took up while it was fitted decides; what is in use stays as it was."""
    world = Fitting()
    world.stream.follow(world.model)
    before = _promotions()
    shuffled = np.random.default_rng(3).permutation(world.model.factors)
    fit, parked = await world.fitted(shuffled)
    assert parked is not None
    assert (parked.version, parked.trained_at) == ("v2", NOW)
    assert parked.metrics == {**fit.metrics, PARKED: 1}
    assert parked.metrics["change_high"] < 0
    assert parked.metrics["live_questions"] > 0
    assert parked.factors == pytest.approx(shuffled)
    assert world.stream.model is world.model
    good, parked = await world.fitted(world.model.factors)
    assert parked is None
    assert PARKED not in good.metrics
    assert good.metrics["compared_questions"] >= LEAST_QUESTIONS
    assert [now - then for now, then in zip(_promotions(), before, strict=True)] == [1, 1]


async def test_the_first_fit_is_not_compared() -> None:
    """While no trained model is in use there is nothing to be worse than."""
    world = Fitting()
    fit, parked = await world.fitted(world.model.factors)
    assert parked is None
    assert "compared_questions" not in fit.metrics


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


def _promotions() -> list[float]:
    name = "stackwise_recommender_promotions_total"
    outcomes = ("parked", "promoted")
    return [REGISTRY.get_sample_value(name, {"outcome": each}) or 0.0 for each in outcomes]


def _fit(factors: np.ndarray, alpha: float, regularization: float) -> Fit:
    fold = Fold(factors, np.arange(len(factors)), alpha, regularization, np.zeros_like(factors))
    return Fit("v2", NOW, fold, {})
