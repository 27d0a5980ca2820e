"""Publishing many records: the good ones in batches, the bad ones reported one by one."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import stamina

from libs.common.contracts.catalog import CredentialBody
from libs.common.errors import Fault, Refusal, Unavailable
from services.catalog.domain.kinds import KINDS, Body, Kind, KindName
from services.catalog.domain.records import Record, Rejected
from services.catalog.ports import Store, Tally
from services.catalog.usecases.publishing import publish

BATCH = 500

_patiently = stamina.AsyncRetryingCaller(attempts=None, timeout=60)


class Outcome(NamedTuple):
    """What became of the records of a file."""

    created: int
    changed: int
    same: int
    rejected: int


class Importer:
    """Takes records in order; the later of two with one key wins. Run again, it changes nothing.

    Every method raises Unavailable when the database stays away for a minute; what was stored stays.
    """

    def __init__(self, store: Store, report: Callable[[Rejected], None]) -> None:
        self._store = store
        self._report = report
        self._pending: dict[KindName, dict[str, Body]] = {}
        self._done = Tally()
        self._rejected = 0

    async def take_all(self, records: Iterable[Record | Rejected]) -> Outcome:
        """Everything of one file."""
        for record in records:
            await self._take(record)
        await self._flush()
        return Outcome(*self._done, self._rejected)

    async def _take(self, record: Record | Rejected) -> None:
        if isinstance(record, Rejected):
            self._reject(record)
        elif isinstance(record.body, CredentialBody) and record.body.superseded_by is not None:
            await self._publish_alone(record)
        else:
            batch = self._pending.setdefault(record.kind.name, {})
            batch[record.key] = record.body
            if len(batch) >= BATCH:
                await self._flush()

    async def _publish_alone(self, record: Record) -> None:
        """What supersedes what is checked against everything before it."""
        await self._flush()
        try:
            put = await _patiently(
                Unavailable, publish, self._store, record.kind, record.key, record.body
            )
        except Unavailable:
            raise
        except Refusal as refused:
            faults = refused.faults or (Fault("", refused.detail),)
            self._reject(Rejected(record.line, faults))
        else:
            self._count(Tally()._replace(**{put.change: 1}))

    async def _flush(self) -> None:
        for name, bodies in self._pending.items():
            self._count(await _patiently(Unavailable, self._store_all, KINDS[name], bodies))
        self._pending = {}

    async def _store_all(self, kind: Kind, bodies: dict[str, Body]) -> Tally:
        async with self._store.begin() as unit:
            return await unit.put_many(kind, bodies)

    def _count(self, more: Tally) -> None:
        self._done = Tally(*(a + b for a, b in zip(self._done, more, strict=True)))

    def _reject(self, rejected: Rejected) -> None:
        self._rejected += 1
        self._report(rejected)
