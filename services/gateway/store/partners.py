"""Partners and keys in PostgreSQL. Every call raises Unavailable while it is away."""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, nullcontext
from typing import Any

import msgspec
from msgspec import UNSET
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from libs.common.database import reading, writing
from libs.common.errors import Conflict, NotFound
from services.gateway.auth.identity import Identity, Signer
from services.gateway.auth.keys import KeyRecord
from services.gateway.auth.partner import Change, Partner, ShownKey
from services.gateway.auth.principal import Principal
from services.gateway.auth.receipts import Receipt
from services.gateway.store import audit, identities, receipts
from services.gateway.store.tables import api_key, identity, partner

MOST_ACTIVE = 2
_NOTHING_ELSE = Change()


class PartnerStore:
    """Raises NotFound for a partner or key that is not there. `actor` stands in the audit log."""

    def __init__(
        self,
        engine: AsyncEngine,
        actor: str = "gateway",
        within: AsyncConnection | None = None,
    ) -> None:
        self._engine = engine
        self._actor = actor
        self._within = within

    def acting_as(self, actor: str) -> "PartnerStore":
        """The same for somebody else."""
        return PartnerStore(self._engine, actor, self._within)

    async def once(
        self, receipt: Receipt, work: Callable[["PartnerStore"], Awaitable[bytes]]
    ) -> bytes:
        """What `work` answers, or answered when it was done under this receipt before. Work and receipt are one
        transaction, so the work is done wholly and once, or not at all. Raises what it raises, and Conflict."""
        async with writing(self._engine) as connection:
            before = await receipts.claim(connection, receipt)
            if before is not None:
                return before
            answer = await work(PartnerStore(self._engine, self._actor, connection))
            await receipts.keep(connection, receipt, answer)
        return answer

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[AsyncConnection]:
        if self._within is not None:
            yield self._within
            return
        async with writing(self._engine) as connection:
            yield connection

    async def audit(self, limit: int) -> "list[audit.Entry]":
        """The last entries of the audit log, the newest first."""
        return await audit.newest(self._engine, limit)

    async def find_signers(self, issuer: str) -> "list[Signer]":
        """For whom an issuer signs learners' tokens."""
        return await identities.signers(self._engine, issuer)

    async def find_key(self, prefix: str) -> tuple[bytes, Principal] | None:
        """The digest of a key that is in force and whose it is."""
        statement = (
            select(api_key, partner.c.allowed_origins, partner.c.requests_per_second)
            .join_from(api_key, partner, isouter=True)
            .where(api_key.c.prefix == prefix, api_key.c.revoked_at.is_(None))
        )
        async with reading(self._engine) as connection:
            row = (await connection.execute(statement)).first()
        if row is None:
            return None
        origins = frozenset(row.allowed_origins or ())
        return row.digest, Principal(
            row.kind,
            row.prefix,
            row.partner_id,
            origins,
            requests_per_second=row.requests_per_second,
        )

    async def create(
        self,
        partner_id: str,
        name: str,
        origins: Sequence[str],
        keys: Sequence[KeyRecord],
        change: Change = _NOTHING_ELSE,
    ) -> None:
        """Adds a partner with its first keys. Raises Conflict when the id, or an issuer with its audience,
        is taken."""
        row = {
            "id": partner_id,
            "name": name,
            "allowed_origins": list(dict.fromkeys(origins)),
            "requests_per_second": change.requests_per_second or None,
        }
        statement = insert(partner).values(row).on_conflict_do_nothing().returning(partner.c.id)
        async with self._writing() as connection:
            if (await connection.execute(statement)).first() is None:
                raise Conflict(f"a partner {partner_id!r} exists")
            await identities.replace(connection, partner_id, change.identities or ())
            details: dict[str, Any] = {
                "name": name,
                "allowed_origins": list(origins),
                "requests_per_second": change.requests_per_second or None,
                "identities": [_noted(each) for each in change.identities or ()],
            }
            await self._audit(connection, "partner.create", partner_id, **details)
            for key in keys:
                await self._insert_key(connection, key, partner_id)

    async def add_key(self, key: KeyRecord, partner_id: str | None) -> None:
        """Adds a key; partner None for an administrator's. Raises Conflict beyond two in force of a kind."""
        in_force = select(func.count()).where(
            api_key.c.partner_id == partner_id,
            api_key.c.kind == key.kind,
            api_key.c.revoked_at.is_(None),
        )
        async with self._writing() as connection:
            if partner_id is not None:
                await _lock(connection, partner_id)
                if (await connection.scalar(in_force) or 0) >= MOST_ACTIVE:
                    raise Conflict(f"{partner_id!r} has {MOST_ACTIVE} {key.kind} keys; revoke one")
            await self._insert_key(connection, key, partner_id)

    async def revoke_key(self, prefix: str, partner_id: str | None = None) -> None:
        """Ends a key, if it is the partner's where one is named; again changes nothing."""
        at = func.coalesce(api_key.c.revoked_at, func.now())
        theirs = [] if partner_id is None else [api_key.c.partner_id == partner_id]
        statement = update(api_key).where(api_key.c.prefix == prefix, *theirs).values(revoked_at=at)
        async with self._writing() as connection:
            if (await connection.execute(statement)).rowcount == 0:
                raise NotFound(f"there is no key {prefix!r}")
            await self._audit(connection, "key.revoke", prefix)

    async def set_origins(self, partner_id: str, origins: Sequence[str]) -> None:
        """Replaces the list of origins."""
        await self.change(partner_id, Change(allowed_origins=list(origins)))

    async def change(self, partner_id: str, change: Change) -> None:
        """Raises Conflict when an issuer with its audience is another partner's."""
        values: dict[str, Any] = {
            name: value
            for name in ("name", "allowed_origins")
            if (value := getattr(change, name)) is not None
        }
        if change.requests_per_second is not UNSET:
            values["requests_per_second"] = change.requests_per_second
        if change.allowed_origins is not None:
            values["allowed_origins"] = list(dict.fromkeys(change.allowed_origins))
        async with writing(self._engine) as connection:
            await _lock(connection, partner_id)
            if values:
                await connection.execute(
                    update(partner).where(partner.c.id == partner_id).values(values)
                )
            details = dict(values)
            if change.identities is not None:
                await identities.replace(connection, partner_id, change.identities)
                details["identities"] = [_noted(each) for each in change.identities]
            await self._audit(connection, "partner.change", partner_id, **details)

    async def get(self, partner_id: str) -> Partner:
        """One partner."""
        for found in await self.list():
            if found.id == partner_id:
                return found
        raise _no_partner(partner_id)

    async def list(self) -> "list[Partner]":
        """All partners, the oldest first."""
        source = reading(self._engine) if self._within is None else nullcontext(self._within)
        async with source as connection:
            partners = (
                await connection.execute(select(partner).order_by(partner.c.created_at))
            ).all()
            keys = (await connection.execute(select(api_key).order_by(api_key.c.created_at))).all()
            signing = (await connection.execute(select(identity))).all()
        return [
            Partner(
                **row._asdict(),
                identities=[_identity(each) for each in signing if each.partner_id == row.id],
                keys=[_shown(key) for key in keys if key.partner_id == row.id],
            )
            for row in partners
        ]

    async def _insert_key(
        self, connection: AsyncConnection, key: KeyRecord, partner_id: str | None
    ) -> None:
        row = {**key._asdict(), "partner_id": partner_id}
        await connection.execute(insert(api_key).values(row))
        await self._audit(
            connection, "key.create", key.prefix, kind=key.kind, partner_id=partner_id
        )

    async def _audit(
        self, connection: AsyncConnection, action: str, target: str, **details: Any
    ) -> None:
        await audit.write(connection, self._actor, action, target, **details)


async def _lock(connection: AsyncConnection, partner_id: str) -> None:
    statement = select(partner.c.id).where(partner.c.id == partner_id).with_for_update()
    if (await connection.execute(statement)).first() is None:
        raise _no_partner(partner_id)


def _identity(row: Any) -> Identity:
    return msgspec.json.decode(row.document, type=Identity)


def _shown(row: Any) -> ShownKey:
    return ShownKey(
        prefix=row.prefix, kind=row.kind, created_at=row.created_at, revoked_at=row.revoked_at
    )


def _noted(signer: Identity) -> str:
    """Whom an identity lets sign, and by which keys: another key is another entry of the log."""
    inline = hashlib.sha256(msgspec.json.encode(signer.jwks, order="sorted")).hexdigest()
    keys = signer.jwks_url or f"sha256:{inline}"
    return f"{signer.issuer} {signer.audience} {'/'.join(signer.algorithms)} {keys}"


def _no_partner(partner_id: str) -> NotFound:
    return NotFound(f"there is no partner {partner_id!r}")
