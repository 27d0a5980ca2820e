"""What the live item side takes over: a fit's result, or a stored model."""

import numpy as np

from services.recommender.model.learned import Model
from services.recommender.model.live import Fold, Live
from services.recommender.model.training import Tuning
from services.recommender.model.types import Floats, Rows
from services.recommender.trainer.columns import Credentials


def placed(factors: Floats, rows: Rows, credentials: int, tuning: Tuning) -> Fold:
    """Trained factors (n, f) of the credentials `rows` (n,) as a fold of the whole table."""
    whole = np.zeros((credentials, factors.shape[1]), np.float32)
    whole[rows] = factors
    return Fold(whole, np.array(rows), tuning.alpha, tuning.regularization, np.zeros_like(whole))


def stored(model: Model, credentials: Credentials) -> Fold:
    """A stored model's factors as a fold; those that were only drawn from attributes do not count as trained.

    Its credentials that have no row yet are given one.
    """
    at = np.array([credentials.row(item) for item in model.item_ids], np.int64)
    whole = np.zeros((len(credentials), model.factors.shape[1]), np.float32)
    whole[at] = model.factors[: len(at)]
    trained = np.sort(at[model.support[: len(at)] > 0])
    return Fold(whole, trained, model.alpha, model.regularization, np.zeros_like(whole))


def changed_since(model: Model, live: Live, credentials: Credentials) -> Rows:
    """The credential rows that other numbers of learners have taken up than when the model was stored."""
    _, now = live.histories.by_credential.places(np.arange(len(credentials)))
    at = [credentials.row(item) for item in model.item_ids]
    now[at] -= model.support[: len(at)]
    return np.flatnonzero(now)
