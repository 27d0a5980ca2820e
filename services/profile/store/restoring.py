"""Learners as their topic has them, written back into a restored database."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, LargeBinary, Text, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.contracts.profile import Learner, LearnerProfile
from services.profile.store.learners import columns
from services.profile.store.tables import badge, identity, learner


async def write_back(connection: AsyncConnection, snapshots: Sequence[Learner]) -> None:
    """Makes the rows say what the snapshots say.

    A row whose learner was erased keeps the id, where the database has it, so that late events go on being refused;
    their badges go.
    """
    rows = [_row(snapshot) for snapshot in snapshots]
    await _make_room(connection, {r["identity"]: r["learner_key"] for r in rows if r["identity"]})
    new = insert(learner).values(rows)
    told = {name: new.excluded[name] for name in columns(snapshots[0])}
    await connection.execute(new.on_conflict_do_update(index_elements=["learner_key"], set_=told))
    erased = select(learner.c.learner_key).where(learner.c.erased)
    await connection.execute(delete(badge).where(badge.c.learner_key.in_(erased)))


async def _make_room(connection: AsyncConnection, keys: Mapping[bytes, str]) -> None:
    """An id means one learner: if the database has another under it, they were erased before this one was created."""
    new = (
        func.unnest(
            bindparam("identities", list(keys), ARRAY(LargeBinary)),
            bindparam("keys", list(keys.values()), ARRAY(Text)),
        )
        .table_valued("identity", "learner_key", name="new")
        .render_derived()
    )
    await connection.execute(
        update(learner)
        .where(learner.c.identity == new.c.identity, learner.c.learner_key != new.c.learner_key)
        .values(
            identity=None,
            partner_id=None,
            learner_id=None,
            profile=LearnerProfile(),
            held_credentials=[],
            personalization=False,
            team_sharing=False,
            erased=True,
            consent_changed_at=func.date_trunc("milliseconds", func.clock_timestamp()),
            revision=learner.c.revision + 1,
            updated_at=func.clock_timestamp(),
        )
    )


def _row(snapshot: Learner) -> dict[str, Any]:
    partner_id, learner_id = snapshot.partner_id, snapshot.learner_id
    return {
        **columns(snapshot),
        "learner_key": snapshot.learner_key,
        "partner_id": partner_id,
        "learner_id": learner_id,
        "identity": identity(partner_id, learner_id) if partner_id and learner_id else None,
    }
