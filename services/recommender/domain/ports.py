"""What ranking asks of a model. `services/recommender/model` is the one that is trained."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

History = Sequence[tuple[str, float]]
"""Credential ids with weights, the newest first, as `history.history` makes it."""


class Model(Protocol):
    """The item side at one version. It changes between lists, never within one. Arrays run over `item_ids`."""

    @property
    def version(self) -> str:
        """Names the trained artefact; `none` before the first one."""
        ...

    @property
    def weights(self) -> Mapping[str, float]:
        """Of the signals in the ranking, where they are others than `fusion.WEIGHTS`."""
        ...

    @property
    def epoch(self) -> int:
        """That of the trainer's announcement; -1 before the first."""
        ...

    @property
    def seq(self) -> int:
        """That of the row that moved last, or of the announcement; 0 before the first."""
        ...

    @property
    def item_ids(self) -> Sequence[str]:
        """The credential of each row."""
        ...

    @property
    def index(self) -> Mapping[str, int]:
        """The row of each credential."""
        ...

    @property
    def support(self) -> npt.NDArray[Any]:
        """How many learners each row was learned from; may be shorter than `item_ids`."""
        ...

    def affinity(self, history: History) -> npt.NDArray[Any]:
        """The learner's preference for each row; 0 for rows without a factor or no known history."""
        ...

    def related(self, history: History) -> npt.NDArray[Any]:
        """How strongly each row goes together with the history; 0 where nothing links them."""
        ...

    def following(self, history: History) -> npt.NDArray[Any]:
        """How often each row comes next after the newest of the history; 0 where it never did."""
        ...

    def because(self, history: History, item_ids: Sequence[str]) -> list[list[tuple[str, float]]]:
        """For each item the history's credentials that raise its score, the strongest first."""
        ...

    def trend(self, now: datetime) -> npt.NDArray[Any]:
        """How much each row is taken up now, decayed; at least 0."""
        ...


class NoModel:
    """Before the first training: nobody is like anybody, nothing trends."""

    version = "none"
    epoch = -1
    seq = 0
    weights: Mapping[str, float] = {}
    item_ids: Sequence[str] = ()
    index: Mapping[str, int] = {}
    support = np.zeros(0)

    def affinity(self, history: History) -> npt.NDArray[Any]:  # noqa: ARG002
        return np.zeros(0)

    related = following = affinity

    def because(self, history: History, item_ids: Sequence[str]) -> list[list[tuple[str, float]]]:  # noqa: ARG002
        return [[] for _ in item_ids]

    def trend(self, now: datetime) -> npt.NDArray[Any]:  # noqa: ARG002
        return np.zeros(0)
