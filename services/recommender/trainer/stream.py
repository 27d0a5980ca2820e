"""The live item side as others see it: what its followers have, and the rows that they are sent.

The item side is changed by the events, and by steps and fits in a thread: `lock` is held by whoever changes or
reads it. A fit is taken over in parts, between which events are applied and rows streamed.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from typing import ParamSpec, TypeVar

import numpy as np

from libs.common.contracts.item_side import ItemRow
from services.recommender.model.learned import Model, empty, snapshot
from services.recommender.model.live import Fold, Live, Prepared, Start
from services.recommender.model.moved import Followers
from services.recommender.model.types import Rows
from services.recommender.trainer import folds
from services.recommender.trainer.announcer import Announcer
from services.recommender.trainer.learners import Learners
from services.recommender.trainer.metrics import STEP_SECONDS
from services.recommender.trainer.newcomers import Newcomers
from services.recommender.trainer.promotion import challenger_of

P = ParamSpec("P")
R = TypeVar("R")
AT_ONCE = 256


class Stream:
    """Rows are streamed while the followers' model is one that the live item side goes on from.

    weights: of the signals, which every model from here on carries.
    """

    def __init__(
        self,
        learners: Learners,
        newcomers: Newcomers,
        announcer: Announcer,
        weights: dict[str, float],
    ) -> None:
        self.lock = asyncio.Lock()
        self._weights = weights
        self._learners = learners
        self._live = learners.live
        self._newcomers = newcomers
        self._announcer = announcer
        self._followers: Followers | None = None
        self._changed: Rows = np.zeros(0, np.int64)
        self._unsent: dict[str, ItemRow] = {}

    def follow(self, model: Model) -> None:
        """From now on the rows are streamed in which the live item side differs from `model`, as it is stored."""
        self._followers = Followers(model, self._learners.states.credentials.ids)
        self._changed = np.arange(len(self._live.factors))
        self._unsent = {}

    @property
    def model(self) -> Model | None:
        """What the followers have; None before they have anything."""
        return None if self._followers is None else self._followers.model

    async def copied(self) -> Model | None:
        """What the followers have now, which stays as it is."""
        return await self._alone(lambda: None if self.model is None else self.model.copy())

    async def challenger(self, incumbent: Model, fold: Fold) -> Model:
        """The incumbent with a fit's factors, those of newcomers included, and the weights from here on."""
        ids = list(self._learners.states.credentials.ids)
        known = await self._alone(self._newcomers.suggested, fold, self._live.histories.support)
        return await asyncio.to_thread(challenger_of, incumbent, known, ids, self._weights)

    async def send(self) -> None:
        """One step of the item side, and the rows that moved. Raises TryAgain; nothing is lost by that."""
        if (followers := self._followers) is None:
            return
        with STEP_SECONDS.time():
            rows = await self._alone(self._moved, followers)
        self._unsent |= {row.credential_id: row for row in rows}
        while self._unsent:
            some = list(islice(self._unsent.values(), AT_ONCE))
            await self._announcer.send(some)
            for row in some:
                del self._unsent[row.credential_id]

    async def start(self) -> Start | None:
        """What a fit can go on from."""
        return await self._alone(self._live.start)

    async def prepare(self, fold: Fold) -> Prepared:
        """A fit with all learners folded in; everything else goes on meanwhile."""
        parts = self._live.prepared(fold)
        while True:
            if (prepared := await self._alone(next, parts)) is not None:
                return prepared

    async def adopt(self, prepared: Prepared) -> None:
        """Makes the prepared fit the live item side, up to the last event. Nothing is streamed until `follow`."""
        self._followers = None
        await self._alone(self._adopt, prepared)
        while self._live.behind:
            await self._alone(self._live.step)

    async def resume(self, model: Model) -> None:
        """The live item side goes on from a stored model, up to the last event."""
        credentials = self._learners.states.credentials
        fold = folds.stored(model, credentials)
        self._live.mark(folds.changed_since(model, self._live, credentials).tolist())
        await self.adopt(await self.prepare(fold))

    async def snapshot(
        self, version: str, trained_at: datetime, metrics: dict[str, float]
    ) -> Model:
        """The live item side as a model to store."""
        ids = self._learners.states.credentials.ids
        return await self._alone(
            lambda: snapshot(
                self._live,
                ids,
                self._learners.trends(),
                version=version,
                trained_at=trained_at,
                half_life_hours=self._learners.half_life_hours,
                metrics=metrics,
                weights=self._weights,
            )
        )

    def _adopt(self, prepared: Prepared) -> None:
        fold = self._newcomers.learn(prepared.fold, self._live.histories.support)
        self._live.adopt(prepared._replace(fold=fold))

    def _moved(self, followers: Followers) -> list[ItemRow]:
        self._newcomers.draw(self._live)
        changed = np.union1d(self._changed, self._live.step())
        self._changed = np.zeros(0, np.int64)
        return followers.moved(self._live, changed, self._learners.trends())

    async def _alone(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Does the work in a thread while nobody else changes the item side, and to its end even when cancelled."""
        async with self.lock:
            working = asyncio.create_task(asyncio.to_thread(work, *args, **kwargs))
            try:
                return await asyncio.shield(working)
            finally:
                await asyncio.wait([working])


def warm_up() -> None:
    """Compiles what a step and a fit need, which takes a while where it was never done before."""
    live, two = Live(), np.ones((2, 2), np.float32)
    for learner in range(2):
        live.put(learner, [0, 1], [1.0, 1.0])
    live.install(Fold(two, np.arange(2), 1.0, 1.0, two))
    followers = Followers(empty("", datetime.fromtimestamp(0, UTC), 1.0), ["a", "b"])
    followers.moved(live, np.arange(2), np.zeros(2))
