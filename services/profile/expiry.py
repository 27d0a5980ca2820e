"""Thirty days after an erasure the id that led to it is forgotten."""

import asyncio

import structlog

from libs.common.errors import Unavailable
from services.profile.store.learners import LearnerStore

log = structlog.get_logger()

DAY = 24 * 60 * 60.0
AGAIN = 10 * 60.0


async def expire_daily(store: LearnerStore) -> None:
    """Runs until cancelled; while the database is away it tries again sooner."""
    while True:
        try:
            await expire_now(store)
            pause = DAY
        except Unavailable as error:
            log.warning("erased learner ids not expired", reason=error.detail)
            pause = AGAIN
        await asyncio.sleep(pause)


async def expire_now(store: LearnerStore) -> int:
    """Forgets the ids that are due; how many there were. Raises Unavailable."""
    forgotten = await store.forget_erased()
    log.info("erased learner ids expired", learners=forgotten)
    return forgotten
