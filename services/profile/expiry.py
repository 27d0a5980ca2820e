"""Once a day the ids of learners erased 30 days ago are forgotten."""

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
        done = await _expire(store)
        await asyncio.sleep(DAY if done else AGAIN)


async def _expire(store: LearnerStore) -> bool:
    try:
        forgotten = await store.forget_erased()
    except Unavailable as error:
        log.warning("erased learner ids not expired", reason=error.detail)
        return False
    log.info("erased learner ids expired", learners=forgotten)
    return True
