"""The rows that a relay sends: what is unpublished, what was sent, and a record that the log must have."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from msgspec import Struct
from sqlalchemy import ColumnElement, RowMapping, Table, bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import BigInteger, Text

from libs.common.contracts.topics import Topic
from libs.common.kafka.publisher import Sent
from libs.common.publishing.ddl import CHANNEL

BATCH = 500
RESET = 5_000


class Source(NamedTuple):
    """A table whose rows are snapshots of a topic; `key` is its primary key, `snapshot` reads a row."""

    topic: Topic
    table: Table
    key: ColumnElement[str]
    snapshot: Callable[[RowMapping], Struct]

    async def unpublished(
        self, connection: AsyncConnection, but: Mapping[str, int]
    ) -> Sequence[RowMapping]:
        """The rows whose revision is not the published one, oldest first, without those that still
        have the revision in `but`."""
        table = self.table
        version = func.concat(self.key, " ", table.c.revision)
        aside = [f"{key} {revision}" for key, revision in but.items()]
        rows = await connection.execute(
            select(table)
            .where(table.c.revision != table.c.published_revision)
            .where(version != func.all(bindparam("aside", aside, ARRAY(Text))))
            .order_by(table.c.updated_at)
            .limit(BATCH)
        )
        return rows.mappings().all()

    async def oldest(self, connection: AsyncConnection) -> datetime | None:
        """When the oldest unpublished row was changed; None when there is none."""
        table = self.table
        unpublished = table.c.revision != table.c.published_revision
        found = await connection.execute(select(func.min(table.c.updated_at)).where(unpublished))
        moment: datetime | None = found.scalar_one()
        return moment

    def key_of(self, row: RowMapping) -> str:
        """The primary key of a row."""
        key: str = row[self.key.key]  # type: ignore[index]
        return key

    async def mark(
        self, connection: AsyncConnection, rows: Sequence[RowMapping], last: Sent
    ) -> None:
        """Records the revisions that were sent; where the last one stands, if there is no witness yet."""
        keys = [self.key_of(row) for row in rows]
        revisions = [row["revision"] for row in rows]
        sent = (
            func.unnest(
                bindparam("keys", keys, ARRAY(Text)),
                bindparam("revisions", revisions, ARRAY(BigInteger)),
            )
            .table_valued("key", "revision", name="sent")
            .render_derived()
        )
        # Locked in the order of the keys, as bulk writers lock them: in any other they would deadlock.
        locked = (
            select(self.key.label("key"))
            .where(self.key == func.any(bindparam("keys", keys, ARRAY(Text))))
            .order_by(self.key)
            .with_for_update(key_share=True)
            .cte("locked")
        )
        await connection.execute(
            update(self.table)
            .where(self.key == locked.c.key, locked.c.key == sent.c.key)
            .values(published_revision=sent.c.revision)
        )
        await connection.execute(_REMEMBER, {"topic": self.topic.name, **last._asdict()})

    async def revisions(self, connection: AsyncConnection, keys: Sequence[str]) -> dict[str, int]:
        """The revisions of those of the rows that are there; locked, in the order of the keys."""
        rows = await connection.execute(
            select(self.key.label("key"), self.table.c.revision)
            .where(self.key == func.any(bindparam("keys", keys, ARRAY(Text))))
            .order_by(self.key)
            .with_for_update(key_share=True)
        )
        return {row.key: row.revision for row in rows}

    async def raise_above(self, connection: AsyncConnection, revisions: Mapping[str, int]) -> int:
        """Gives the rows, by key, a revision above this one unless they have one; how many were given one."""
        known = (
            func.unnest(
                bindparam("keys", list(revisions), ARRAY(Text)),
                bindparam("revisions", list(revisions.values()), ARRAY(BigInteger)),
            )
            .table_valued("key", "revision", name="known")
            .render_derived()
        )
        raised = await connection.execute(
            update(self.table)
            .where(self.key == known.c.key, self.table.c.revision <= known.c.revision)
            .values(revision=known.c.revision + 1)
        )
        return raised.rowcount

    async def begin(self, connection: AsyncConnection, seconds: float) -> None:
        """Says that a send may be under way for so long."""
        await connection.execute(_BEGIN, {"topic": self.topic.name, "seconds": seconds})

    async def witness(self, connection: AsyncConnection) -> Sent | None:
        """A record that the log had when it was looked at last; None before the first."""
        found = await connection.execute(_WITNESS, {"topic": self.topic.name})
        row: Any = found.one_or_none()
        return None if row is None or row[0] is None else Sent(*row)

    async def set_witness(self, connection: AsyncConnection, sent: Sent | None) -> None:
        """From now on the log must have this record; None leaves it to the next that is sent."""
        values = sent._asdict() if sent else dict.fromkeys(Sent._fields)
        await connection.execute(_SET_WITNESS, {"topic": self.topic.name, **values})


async def republish(connection: AsyncConnection, sources: Sequence[Source]) -> None:
    """Makes the relay send every row again, in statements that each are done well within their time.
    They may be committed one by one: what is done of them is right by itself."""
    for source in sources:
        table = source.table
        after: str | None = ""
        while after is not None:
            chunk = (
                select(source.key.label("key"))
                .where(source.key > after)
                .order_by(source.key)
                .limit(RESET)
                .with_for_update(key_share=True)
                .cte("chunk")
            )
            reset = update(table).where(source.key == chunk.c.key).values(published_revision=0)
            done = reset.returning(source.key.label("key")).cte("done")
            after = (await connection.execute(select(func.max(done.c.key)))).scalar_one()
        await connection.execute(
            text("SELECT pg_notify(:channel, :table)"), {"channel": CHANNEL, "table": table.name}
        )


async def busy_seconds(connection: AsyncConnection) -> float:
    """How long another relay's send may still be under way."""
    found = await connection.execute(
        text("SELECT extract(epoch FROM max(busy_until) - clock_timestamp()) FROM relay")
    )
    seconds = found.scalar_one()
    return 0.0 if seconds is None else max(0.0, float(seconds))


_BEGIN = text(
    "INSERT INTO relay (topic, busy_until) "
    "VALUES (:topic, clock_timestamp() + make_interval(secs => :seconds)) "
    "ON CONFLICT (topic) DO UPDATE SET busy_until = excluded.busy_until"
)
_REMEMBER = text(
    "UPDATE relay SET partition = coalesce(partition, :partition), "
    '"offset" = coalesce("offset", :offset), record_id = coalesce(record_id, :record_id), '
    "busy_until = NULL WHERE topic = :topic"
)
_WITNESS = text('SELECT partition, "offset", record_id FROM relay WHERE topic = :topic')
_SET_WITNESS = text(
    'UPDATE relay SET partition = :partition, "offset" = :offset, record_id = :record_id '
    "WHERE topic = :topic"
)
