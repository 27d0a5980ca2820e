"""The audit log: who changed what of partners and keys, and when; a row in the change's own transaction, and a log line."""

from datetime import datetime
from typing import Any

import msgspec
import structlog
from msgspec import Struct
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from libs.common.database import reading
from services.gateway.store import tables

log = structlog.get_logger()


class Entry(Struct, frozen=True, kw_only=True):
    """`actor` is `key ak_…` by its prefix, or `command USER`; never holds a key."""

    at: datetime
    actor: str
    action: str
    target: str
    details: dict[str, Any]


async def write(
    connection: AsyncConnection, actor: str, action: str, target: str, **details: Any
) -> None:
    """Adds an entry to the transaction."""
    row = {"actor": actor, "action": action, "target": target, "details": details}
    await connection.execute(insert(tables.audit).values(row))
    log.info("audit", actor=actor, action=action, target=target, **details)


async def newest(engine: AsyncEngine, limit: int) -> list[Entry]:
    """The last entries, the newest first."""
    statement = select(tables.audit).order_by(tables.audit.c.id.desc()).limit(limit)
    async with reading(engine) as connection:
        rows = (await connection.execute(statement)).all()
    return [
        Entry(
            at=row.at,
            actor=row.actor,
            action=row.action,
            target=row.target,
            details=msgspec.json.decode(row.details),
        )
        for row in rows
    ]
