"""Receipts of writes in PostgreSQL, each kept in the transaction of what it is a receipt of."""

from datetime import timedelta

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.errors import Unavailable
from services.gateway.auth.receipts import Receipt
from services.gateway.store.tables import receipt

KEPT = timedelta(hours=24)


async def claim(connection: AsyncConnection, given: Receipt) -> bytes | None:
    """What the same write answered before; None when it is this one that is to be done. A second one at the same
    time waits for the first. Raises Conflict for another request under the same name."""
    await connection.execute(delete(receipt).where(receipt.c.created_at < func.now() - KEPT))
    row = {"caller": given.caller, "name": given.name, "fingerprint": given.fingerprint}
    statement = insert(receipt).values(row).on_conflict_do_nothing().returning(receipt.c.name)
    if (await connection.execute(statement)).first() is not None:
        return None
    found = (await connection.execute(select(receipt).where(*_is(given)))).first()
    if found is None:
        raise Unavailable("the same request has just been forgotten; send it again")
    return given.open(found.fingerprint, found.answer)


async def keep(connection: AsyncConnection, given: Receipt, answer: bytes) -> None:
    """Keeps what a claimed write answered."""
    await connection.execute(update(receipt).where(*_is(given)).values(answer=given.seal(answer)))


def _is(given: Receipt) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return receipt.c.caller == given.caller, receipt.c.name == given.name
