"""Asking Redis now and then whether it answers, for readiness."""

import asyncio

from libs.common.errors import TryAgain
from services.recommender.store import Store


class RedisProbe:
    """`problem` is for Health."""

    def __init__(self, store: Store, *, every: float = 1.0) -> None:
        self._store = store
        self._every = every
        self._problem: str | None = "Redis has not been asked yet"

    def problem(self) -> str | None:
        """Why Redis is not well; None when it is."""
        return self._problem

    async def run(self) -> None:
        """Probes until cancelled."""
        while True:
            self._problem = await self._ask()
            await asyncio.sleep(self._every)

    async def _ask(self) -> str | None:
        try:
            await self._store.ping()
        except TryAgain as error:
            return str(error)
        return None
