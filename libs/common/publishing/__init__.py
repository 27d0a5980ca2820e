"""Publishing what PostgreSQL holds (contracts.md 6).

Each aggregate row has `revision` and `published_revision`. One relay of a service, the holder of an
advisory lock, sends the rows where they differ, waits for the acknowledgement, and records the
revision that it sent before it reads again. A row that changes meanwhile differs again; so revisions may
be skipped, never reordered, and nothing is lost with a process.

    relay = Relay(postgres_url, publisher, connection(settings), [Source(topics.SKILL, table, table.c.key, snapshot)])
    async with background(relay.run()): ...
    health.add("relay", relay.problem)

A migration calls `op.execute` on each statement of `relay_ddl(tables)`.
"""

from libs.common.publishing.ddl import relay_ddl
from libs.common.publishing.relay import Relay
from libs.common.publishing.restored import Restored, restore
from libs.common.publishing.rows import Source, republish

__all__ = ["Relay", "Restored", "Source", "relay_ddl", "republish", "restore"]
