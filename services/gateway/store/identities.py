"""Which issuers sign for which partner's learners."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from libs.common.database import reading
from libs.common.errors import Conflict
from services.gateway.auth.identity import Identity, Signer
from services.gateway.store.tables import identity, partner


async def signers(engine: AsyncEngine, issuer: str) -> list[Signer]:
    """Everyone for whom an issuer signs; one for each audience."""
    statement = (
        select(
            identity.c.document,
            identity.c.partner_id,
            partner.c.allowed_origins,
            partner.c.requests_per_second,
        )
        .join_from(identity, partner)
        .where(identity.c.issuer == issuer)
    )
    async with reading(engine) as connection:
        rows = (await connection.execute(statement)).all()
    return [
        Signer(
            row.partner_id,
            frozenset(row.allowed_origins),
            msgspec.json.decode(row.document, type=Identity),
            row.requests_per_second,
        )
        for row in rows
    ]


async def replace(
    connection: AsyncConnection, partner_id: str, identities: Sequence[Identity]
) -> None:
    """Makes these all that a partner has. Raises Conflict when one is another partner's."""
    await connection.execute(delete(identity).where(identity.c.partner_id == partner_id))
    for each in sorted(identities, key=lambda known: (known.issuer, known.audience)):
        row = {
            "issuer": each.issuer,
            "audience": each.audience,
            "partner_id": partner_id,
            "document": msgspec.to_builtins(each),
        }
        statement = insert(identity).values(row).on_conflict_do_nothing().returning(identity)
        if (await connection.execute(statement)).first() is None:
            raise Conflict(f"issuer {each.issuer!r} with audience {each.audience!r} is taken")
