"""Badges are checked again when they are due: what was verified once may have been revoked since.

Several replicas share the work: a badge that one has claimed is nobody else's until its lease has run out, and a replica
that dies leaves it to the next.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from libs.common.errors import Refusal, Unavailable
from services.profile.usecases.badges import Badges
from services.profile.usecases.ports import BadgeStore, Due

log = structlog.get_logger()

AT_ONCE = 20
LEASE = timedelta(minutes=10)


async def recheck(badges: Badges, store: BadgeStore, every: float) -> None:
    """Looks for due badges every so many seconds, until cancelled; what cannot be checked now is due again later."""
    while True:
        try:
            checked = await check_due(badges.check, store)
        except Unavailable as away:
            log.warning("badges not checked", reason=away.detail)
            checked = 0
        if checked < AT_ONCE:
            await asyncio.sleep(every)


async def check_due(check: Callable[[Due], Awaitable[None]], store: BadgeStore) -> int:
    """Checks some badges that are due; how many. Raises Unavailable."""
    claimed = await store.claim(AT_ONCE, LEASE)
    await asyncio.gather(*(_check(check, due) for due in claimed))
    return len(claimed)


async def _check(check: Callable[[Due], Awaitable[None]], due: Due) -> None:
    """One that fails holds nobody up: it is said, and due again when its lease has run out."""
    try:
        await check(due)
    except Refusal as refused:
        log.warning("badge not checked", learner_key=due.learner_key, reason=refused.detail)
    except Exception:
        log.exception("badge cannot be checked", learner_key=due.learner_key)
