"""What is compared: anything that can be fitted to a past, asked for a list, and told what happened then."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from services.recommender.evaluation.log import Event, Ints, Log


class Contender(Protocol):
    """A model under evaluation. It knows of the data only what `fit` and `update` gave it."""

    name: str

    def fit(self, log: Log) -> None:
        """Learns from the training part, which is in time order."""
        ...

    def rank(self, learner: int, now_ms: int, k: int) -> Ints:
        """At most k credential rows, the best first, none of them taken up by the learner before."""
        ...

    def update(self, event: Event) -> None:
        """Learns one more event, after it was scored."""
        ...


@runtime_checkable
class Configured(Protocol):
    """A contender that says what it was trained with; the report has it."""

    @property
    def settings(self) -> Mapping[str, float]:
        """Name → value, known after `fit`."""
        ...
