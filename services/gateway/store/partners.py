"""Partners and keys in PostgreSQL. Every call raises Unavailable while it is away."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from libs.common.database import reading, writing
from libs.common.errors import Conflict, NotFound
from services.gateway.auth.keys import KeyKind, KeyRecord
from services.gateway.auth.principal import Principal
from services.gateway.store.tables import api_key, partner

MOST_ACTIVE = 2


class ShownKey(Struct, frozen=True, kw_only=True):
    """A key as it may be listed: by its prefix, never itself."""

    prefix: str
    kind: KeyKind
    created_at: datetime
    revoked_at: datetime | None = None


class Partner(Struct, frozen=True, kw_only=True):
    """A partner and the keys that were ever made for it."""

    id: str
    name: str
    allowed_origins: list[str]
    created_at: datetime
    keys: list[ShownKey] = []


class PartnerStore:
    """Raises NotFound for a partner or key that is not there."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def find_key(self, prefix: str) -> tuple[bytes, Principal] | None:
        """The digest of a key that is in force and whose it is."""
        statement = (
            select(api_key, partner.c.allowed_origins)
            .join_from(api_key, partner, isouter=True)
            .where(api_key.c.prefix == prefix, api_key.c.revoked_at.is_(None))
        )
        async with reading(self._engine) as connection:
            row = (await connection.execute(statement)).first()
        if row is None:
            return None
        origins = frozenset(row.allowed_origins or ())
        return row.digest, Principal(row.kind, row.prefix, row.partner_id, origins)

    async def create(
        self, partner_id: str, name: str, origins: Sequence[str], keys: Sequence[KeyRecord]
    ) -> None:
        """Adds a partner with its first keys. Raises Conflict when the id is taken."""
        row = {"id": partner_id, "name": name, "allowed_origins": list(origins)}
        statement = insert(partner).values(row).on_conflict_do_nothing().returning(partner.c.id)
        async with writing(self._engine) as connection:
            if (await connection.execute(statement)).first() is None:
                raise Conflict(f"a partner {partner_id!r} exists")
            for key in keys:
                await _insert_key(connection, key, partner_id)

    async def add_key(self, key: KeyRecord, partner_id: str | None) -> None:
        """Adds a key; partner None for an administrator's. Raises Conflict beyond two in force of a kind."""
        in_force = select(func.count()).where(
            api_key.c.partner_id == partner_id,
            api_key.c.kind == key.kind,
            api_key.c.revoked_at.is_(None),
        )
        async with writing(self._engine) as connection:
            if partner_id is not None:
                await _lock(connection, partner_id)
                if (await connection.scalar(in_force) or 0) >= MOST_ACTIVE:
                    raise Conflict(f"{partner_id!r} has {MOST_ACTIVE} {key.kind} keys; revoke one")
            await _insert_key(connection, key, partner_id)

    async def revoke_key(self, prefix: str) -> None:
        """Ends a key; again changes nothing."""
        at = func.coalesce(api_key.c.revoked_at, func.now())
        statement = update(api_key).where(api_key.c.prefix == prefix).values(revoked_at=at)
        async with writing(self._engine) as connection:
            if (await connection.execute(statement)).rowcount == 0:
                raise NotFound(f"there is no key {prefix!r}")

    async def set_origins(self, partner_id: str, origins: Sequence[str]) -> None:
        """Replaces the list of origins."""
        statement = (
            update(partner)
            .where(partner.c.id == partner_id)
            .values(allowed_origins=list(dict.fromkeys(origins)))
        )
        async with writing(self._engine) as connection:
            if (await connection.execute(statement)).rowcount == 0:
                raise _no_partner(partner_id)

    async def get(self, partner_id: str) -> Partner:
        """One partner."""
        for found in await self.list():
            if found.id == partner_id:
                return found
        raise _no_partner(partner_id)

    async def list(self) -> "list[Partner]":
        """All partners, the oldest first."""
        async with reading(self._engine) as connection:
            partners = (
                await connection.execute(select(partner).order_by(partner.c.created_at))
            ).all()
            keys = (await connection.execute(select(api_key).order_by(api_key.c.created_at))).all()
        return [
            Partner(**row._asdict(), keys=[_shown(key) for key in keys if key.partner_id == row.id])
            for row in partners
        ]


async def _lock(connection: AsyncConnection, partner_id: str) -> None:
    statement = select(partner.c.id).where(partner.c.id == partner_id).with_for_update()
    if (await connection.execute(statement)).first() is None:
        raise _no_partner(partner_id)


async def _insert_key(connection: AsyncConnection, key: KeyRecord, partner_id: str | None) -> None:
    await connection.execute(insert(api_key).values({**key._asdict(), "partner_id": partner_id}))


def _shown(row: Any) -> ShownKey:
    return ShownKey(
        prefix=row.prefix, kind=row.kind, created_at=row.created_at, revoked_at=row.revoked_at
    )


def _no_partner(partner_id: str) -> NotFound:
    return NotFound(f"there is no partner {partner_id!r}")
