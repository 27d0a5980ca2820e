"""Every contender by name."""

from collections.abc import Callable, Sequence

from msgspec import Struct

from libs.common.errors import InvalidRequest
from services.recommender.evaluation.catalog import Catalog
from services.recommender.evaluation.contender import Contender
from services.recommender.evaluation.contenders.ease import Ease
from services.recommender.evaluation.contenders.factors import ImplicitDefault, ImplicitTuned
from services.recommender.evaluation.contenders.live import (
    LearnerFoldIn,
    LiveAls,
    PeriodicRetrain,
)
from services.recommender.evaluation.contenders.popularity import Popularity
from services.recommender.evaluation.contenders.stackwise import Stackwise
from services.recommender.evaluation.contenders.tuning import Say
from services.recommender.evaluation.split import Protocol
from services.recommender.model.training import Tuned, Tuning

BASELINES = ("popularity", "implicit_default", "implicit_tuned", "ease")
"""What a user would pick instead."""


class Setting(Struct, frozen=True):
    """What a contender may know before it is fitted; say: tells whoever waits what it is doing.

    tuned: the settings file that Stackwise and its parts are to use instead of their defaults.
    """

    protocol: Protocol
    catalog: Catalog | None
    say: Say
    tuned: Tuned | None = None


FACTORIES: dict[str, Callable[[Setting], Contender]] = {
    "stackwise": lambda setting: Stackwise(
        setting.catalog.credentials if setting.catalog else {}, setting.tuned
    ),
    "popularity": lambda _: Popularity(),
    "implicit_default": lambda _: ImplicitDefault(),
    "implicit_tuned": lambda setting: ImplicitTuned(setting.protocol, setting.say),
    "ease": lambda setting: Ease(setting.protocol, setting.say),
    "live_als": lambda setting: LiveAls(_factors(setting)),
    "learner_fold_in": lambda setting: LearnerFoldIn(_factors(setting)),
    "periodic_retrain": lambda setting: PeriodicRetrain(_factors(setting)),
}


def _factors(setting: Setting) -> Tuning | None:
    return None if setting.tuned is None else setting.tuned.tuning


def contenders(setting: Setting, names: Sequence[str] = ()) -> list[Contender]:
    """Those named, in that order; all without names. Raises InvalidRequest."""
    unknown = [name for name in names if name not in FACTORIES]
    if unknown or len(set(names)) < len(names):
        raise InvalidRequest(
            f"--models: {', '.join(unknown or names)}; there are {', '.join(FACTORIES)}, each once"
        )
    return [FACTORIES[name](setting) for name in names or FACTORIES]
