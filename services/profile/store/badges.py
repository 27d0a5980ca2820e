"""Badges in PostgreSQL: those of a locked learner, and those whose check is due."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import delete, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from libs.common.contracts.calls import VerificationEntry, VerificationStatus, VerificationStep
from libs.common.database import reading, writing
from services.profile.domain.badges import Badge, Match
from services.profile.store.tables import badge, badge_check, learner
from services.profile.usecases.ports import Document, Due

SHOWN_ENTRIES = 20
_SHORT = [column for column in badge.c if column.name != "document"]
_match = msgspec.json.Decoder(Match)
_steps = msgspec.json.Decoder(list[VerificationStep])


async def badges_of(connection: AsyncConnection, learner_key: str) -> list[Badge]:
    """A learner's badges, each with the newest entries of its log, without their documents."""
    checks = (
        select(badge_check)
        .where(badge_check.c.learner_key == learner_key)
        .order_by(badge_check.c.since.desc())
    )
    logs: dict[str, list[VerificationEntry]] = {}
    for row in await connection.execute(checks):
        log = logs.setdefault(row.badge_id, [])
        if len(log) < SHOWN_ENTRIES:
            log.append(_entry(row.status, row.steps, row.since, row.checked_at))
    rows = await connection.execute(select(*_SHORT).where(badge.c.learner_key == learner_key))
    return [
        Badge(
            id=row.id,
            match=_match.decode(row.match),
            awarded_at=row.awarded_at,
            verified_at=row.verified_at,
            log=logs[row.id],
        )
        for row in rows
    ]


async def put_badge(
    connection: AsyncConnection,
    learner_key: str,
    put: Badge,
    document: Document,
    check_at: datetime,
) -> None:
    """Writes a badge and the newest entry of its log."""
    changing = {
        "match": put.match,
        "awarded_at": put.awarded_at,
        "verified_at": put.verified_at,
        "check_at": check_at,
    }
    first = {
        "learner_key": learner_key,
        "id": put.id,
        "media_type": document.media_type,
        "document": document.raw,
    }
    statement = insert(badge).values({**first, **changing})
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["learner_key", "id"], set_=changing)
    )
    newest = put.log[0]
    entry = insert(badge_check).values(
        learner_key=learner_key,
        badge_id=put.id,
        since=newest.since,
        checked_at=newest.checked_at,
        status=newest.status,
        steps=newest.steps,
    )
    await connection.execute(
        entry.on_conflict_do_update(
            index_elements=["learner_key", "badge_id", "since"],
            set_={"checked_at": newest.checked_at},
        )
    )


async def delete_badges(connection: AsyncConnection, learner_key: str) -> None:
    """Of an erased learner; their logs go with them."""
    await connection.execute(delete(badge).where(badge.c.learner_key == learner_key))


class BadgeStore:
    """Badges whose check is due. Raises Unavailable while PostgreSQL is away."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def of(self, learner_key: str) -> list[Badge]:
        """A learner's badges."""
        async with reading(self._engine) as connection:
            return await badges_of(connection, learner_key)

    async def claim(self, most: int, lease: timedelta) -> Sequence[Due]:
        """Badges that are due, longest overdue first; nobody else gets them before the lease has run out."""
        due = (
            select(badge.c.learner_key, badge.c.id)
            .where(badge.c.check_at <= func.now())
            .order_by(badge.c.check_at)
            .limit(most)
            .with_for_update(skip_locked=True)
            .cte("due")
        )
        claimed = (
            update(badge)
            .where(
                tuple_(badge.c.learner_key, badge.c.id) == tuple_(due.c.learner_key, due.c.id),
                badge.c.learner_key == learner.c.learner_key,
            )
            .values(check_at=func.now() + lease)
            .returning(
                badge.c.learner_key,
                badge.c.id,
                badge.c.media_type,
                badge.c.document,
                learner.c.partner_id,
                learner.c.learner_id,
            )
        )
        async with writing(self._engine) as connection:
            rows = (await connection.execute(claimed)).all()
        return [
            Due(
                learner_key=row.learner_key,
                partner_id=row.partner_id,
                learner_id=row.learner_id,
                document=Document(row.media_type, row.document),
            )
            for row in rows
        ]


def _entry(
    status: VerificationStatus, steps: str, since: datetime, checked_at: datetime
) -> VerificationEntry:
    return VerificationEntry(
        status=status, steps=_steps.decode(steps), since=since, checked_at=checked_at
    )
