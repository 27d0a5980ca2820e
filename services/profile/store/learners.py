"""Reading learners, and changing one under its lock."""

import contextlib
from collections.abc import AsyncIterator, Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Update, any_, bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from libs.common.contracts.profile import Learner
from libs.common.database import reading, writing
from services.profile.domain.acceptance import Standing
from services.profile.domain.badges import Badge
from services.profile.domain.learner import profile_of
from services.profile.store.badges import badges_of, delete_badges, put_badge
from services.profile.store.tables import identity, learner, snapshot
from services.profile.usecases.ports import Document

CLOCK = func.date_trunc("milliseconds", func.clock_timestamp())
REMEMBERED = timedelta(days=30)

_STANDINGS = select(
    learner.c.identity,
    learner.c.learner_key,
    learner.c.consent_changed_at,
    learner.c.personalization,
    learner.c.erased,
).where(learner.c.identity == any_(bindparam("identities", type_=ARRAY(BYTEA))))

# In the order of the unique index, or two calls that register the same learners could deadlock.
_REGISTER = text("""
    INSERT INTO learner (learner_key, identity, partner_id, learner_id, profile, held_credentials,
                         personalization, team_sharing, consent_changed_at, erased, revision)
    SELECT learner_key, identity, :partner_id, learner_id, '{}', '[]',
           true, false, date_trunc('milliseconds', clock_timestamp()), false, 1
    FROM unnest(CAST(:keys AS text[]), CAST(:identities AS bytea[]), CAST(:ids AS text[]))
         AS new (learner_key, identity, learner_id)
    ORDER BY identity
    ON CONFLICT (identity) DO NOTHING
""")


class LockedLearner:
    """What a partner's learner id means, and the right to change it until the transaction ends.

    learner: None when the id means nobody.  now: PostgreSQL's clock, in whole milliseconds.
    """

    def __init__(
        self,
        connection: AsyncConnection,
        ids: tuple[str, str],
        known: Learner | None,
        now: datetime,
    ) -> None:
        self._connection = connection
        self._partner_id, self._learner_id = ids
        self.learner = known
        self.now = now

    async def save(self, changed: Learner) -> None:
        """Writes the next state of the locked learner."""
        statement = update(learner).where(learner.c.learner_key == changed.learner_key)
        await self._connection.execute(statement.values(columns(changed)))

    async def insert(self, created: Learner) -> bool:
        """Makes the id mean a new learner; False if another request was first."""
        if self.learner is not None:
            await self._connection.execute(
                _forget(learner.c.learner_key == self.learner.learner_key)
            )
        row = {
            **columns(created),
            "learner_key": created.learner_key,
            "identity": identity(self._partner_id, self._learner_id),
            "partner_id": self._partner_id,
            "learner_id": self._learner_id,
        }
        statement = insert(learner).values(row).on_conflict_do_nothing(index_elements=["identity"])
        result = await self._connection.execute(statement.returning(learner.c.learner_key))
        return result.first() is not None

    async def badges(self) -> list[Badge]:
        """Those of the locked learner."""
        return await badges_of(self._connection, self._key)

    async def put_badge(self, badge: Badge, document: Document, check_at: datetime) -> None:
        """Writes a badge of the locked learner, and the newest entry of its log."""
        await put_badge(self._connection, self._key, badge, document, check_at)

    async def delete_badges(self) -> None:
        """All of the locked learner's, with their logs."""
        await delete_badges(self._connection, self._key)

    @property
    def _key(self) -> str:
        assert self.learner is not None
        return self.learner.learner_key


class LearnerStore:
    """Learners by partner and learner id. Raises Unavailable while PostgreSQL is away."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def find(self, partner_id: str, learner_id: str) -> Learner | None:
        """The learner that the id means now, living or erased."""
        statement = select(learner).where(learner.c.identity == identity(partner_id, learner_id))
        async with reading(self._engine) as connection:
            row = (await connection.execute(statement)).mappings().first()
        return None if row is None else snapshot(row)

    @contextlib.asynccontextmanager
    async def locked(self, partner_id: str, learner_id: str) -> AsyncIterator[LockedLearner]:
        """The same, locked against other changes until the block ends and is committed."""
        named = learner.c.identity == identity(partner_id, learner_id)
        statement = select(learner, CLOCK.label("now")).where(named).with_for_update(key_share=True)
        async with writing(self._engine) as connection:
            row = (await connection.execute(statement)).mappings().first()
            known = None if row is None else snapshot(row)
            now = row["now"] if row else (await connection.execute(select(CLOCK))).scalar_one()
            yield LockedLearner(connection, (partner_id, learner_id), known, now)

    async def standings(self, partner_id: str, learner_ids: Collection[str]) -> dict[str, Standing]:
        """Where learners stand, in one round trip; ids that mean nobody are left out."""
        ids = {identity(partner_id, learner_id): learner_id for learner_id in learner_ids}
        async with reading(self._engine) as connection:
            rows = await connection.execute(_STANDINGS, {"identities": list(ids)})
        return {
            ids[row.identity]: Standing(
                row.learner_key, row.consent_changed_at, row.personalization, row.erased
            )
            for row in rows
        }

    async def register(self, partner_id: str, keys: dict[str, str]) -> None:
        """Registers learner ids under their new keys; those that meanwhile mean someone are left alone."""
        parameters = {
            "partner_id": partner_id,
            "ids": list(keys),
            "keys": list(keys.values()),
            "identities": [identity(partner_id, learner_id) for learner_id in keys],
        }
        async with reading(self._engine) as connection:
            await connection.execute(_REGISTER, parameters)

    async def forget_erased(self) -> int:
        """Deletes the ids of learners erased 30 days ago or more; how many there were."""
        due = (
            learner.c.erased
            & learner.c.identity.is_not(None)
            & (learner.c.consent_changed_at <= func.now() - REMEMBERED)
        )
        async with writing(self._engine) as connection:
            return (await connection.execute(_forget(due))).rowcount


def _forget(where: ColumnElement[bool]) -> Update:
    return update(learner).where(where).values(identity=None, partner_id=None, learner_id=None)


def columns(changed: Learner) -> dict[str, Any]:
    """All but the key and the ids, which only an insert and forgetting touch."""
    return {
        "profile": profile_of(changed),
        "held_credentials": changed.held_credentials,
        "personalization": changed.consent.personalization,
        "team_sharing": changed.consent.team_sharing,
        "consent_changed_at": changed.consent_changed_at,
        "erased": changed.erased,
        "revision": changed.revision,
        "updated_at": func.clock_timestamp(),
    }
