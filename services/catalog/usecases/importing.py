"""Publishing many records: the good ones in batches, the bad ones reported one by one."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import stamina

from libs.common.contracts.catalog import CredentialBody, OccupationBody
from libs.common.errors import Fault, Refusal, Unavailable
from services.catalog.domain.kinds import KINDS, OCCUPATION, Body, Kind, KindName
from services.catalog.domain.records import Item, LeftOut, Record, Rejected, Wage, merged
from services.catalog.domain.wages import paid_by
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
    left_out: Mapping[str, int] = {}


class Importer:
    """Takes records in order; the later of two with one key wins. Run again, it changes nothing.

    Every method raises Unavailable when the database stays away for a minute; what was stored stays.
    """

    def __init__(self, store: Store, report: Callable[[Rejected], None]) -> None:
        self._store = store
        self._report = report
        self._pending: dict[KindName, dict[str, Record]] = {}
        self._done = Tally()
        self._rejected = 0
        self._left_out = Counter[str]()
        self._by_soc: Mapping[str, Sequence[str]] | None = None

    async def take_all(self, items: Iterable[Item]) -> Outcome:
        """Everything of one source."""
        for item in items:
            await self._take(item)
        await self._flush()
        return Outcome(*self._done, self._rejected, dict(self._left_out))

    async def _take(self, item: Item) -> None:
        match item:
            case Rejected():
                self._reject(item)
            case LeftOut(why, rows):
                self._left_out[why] += rows
            case Wage():
                await self._pay(item)
            case Record(body=CredentialBody(superseded_by=str())):
                await self._publish_alone(item)
            case Record():
                await self._store_later(item)

    async def _store_later(self, record: Record) -> None:
        batch = self._pending.setdefault(record.kind.name, {})
        batch[record.key] = record
        if len(batch) >= BATCH:
            await self._flush()

    async def _pay(self, wage: Wage) -> None:
        """Nobody creates an occupation with a wage, so those that are there at first are all."""
        if self._by_soc is None:
            self._by_soc = await _patiently(Unavailable, self._store.occupations_by_soc)
        keys = list(paid_by(wage.code, self._by_soc))
        body = OccupationBody(name=wage.title, median_wage=wage.wage)
        for key in keys:
            sets = frozenset({"median_wage"})
            await self._store_later(Record(wage.line, OCCUPATION, key, body, sets))
        if not keys:
            self._left_out["wages of no occupation in the catalog"] += 1

    async def _publish_alone(self, record: Record) -> None:
        """What supersedes what is checked against everything before it."""
        await self._flush()
        try:
            body = await _patiently(Unavailable, self._whole, record)
            put = await _patiently(Unavailable, publish, self._store, record.kind, record.key, body)
        except Unavailable:
            raise
        except Refusal as refused:
            faults = refused.faults or (Fault("", refused.detail),)
            self._reject(Rejected(record.line, faults))
        else:
            self._count(Tally()._replace(**{put.change: 1}))

    async def _whole(self, record: Record) -> Body:
        if not record.sets:
            return record.body
        async with self._store.begin() as unit:
            stored = await unit.bodies_for_update(record.kind, [record.key])
        return merged(record, stored.get(record.key))

    async def _flush(self) -> None:
        for name, records in self._pending.items():
            self._count(await _patiently(Unavailable, self._store_all, KINDS[name], records))
        self._pending = {}

    async def _store_all(self, kind: Kind, records: dict[str, Record]) -> Tally:
        partial = [key for key, record in records.items() if record.sets]
        async with self._store.begin() as unit:
            stored = await unit.bodies_for_update(kind, partial) if partial else {}
            bodies = {key: merged(record, stored.get(key)) for key, record in records.items()}
            # Most of a source that is imported again is as it was, and need not be written to find out.
            changed = {key: body for key, body in bodies.items() if stored.get(key) != body}
            tally = await unit.put_many(kind, changed) if changed else Tally()
        return tally._replace(same=tally.same + len(bodies) - len(changed))

    def _count(self, more: Tally) -> None:
        self._done = Tally(*(a + b for a, b in zip(self._done, more, strict=True)))

    def _reject(self, rejected: Rejected) -> None:
        self._rejected += 1
        self._report(rejected)
