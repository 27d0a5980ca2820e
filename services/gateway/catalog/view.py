"""The catalog in memory: what the five topics say, and whoever waits for them to say it."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, Protocol, cast

from msgspec import Struct

from libs.common.contracts import topics
from libs.common.contracts.catalog import (
    CatalogSnapshot,
    Credential,
    Occupation,
    Regulation,
    Skill,
    snapshot_key,
)
from libs.common.contracts.topics import Topic
from libs.common.errors import Fault, InvalidRequest

Changed = Callable[[Topic, str, Struct], None]
TOPIC_OF: dict[type[Struct], Topic] = {
    kind: topic for topic in topics.CATALOG for kind in topic.values.values()
}


class Tables(Protocol):
    """`libs.common.global_table.GlobalTables`."""

    @property
    def caught_up(self) -> bool: ...
    def get(self, topic: Topic) -> dict[str, Any]: ...
    def offset(self, topic: Topic) -> int: ...
    def apply(self, topic: Topic, key: str, value: Struct) -> Any: ...


class CatalogView:
    """Snapshots by id. `generation` rises with every change; `restored` says that they came from
    elsewhere than Kafka, which is well enough to answer with."""

    def __init__(self, make_tables: Callable[[Changed], Tables]) -> None:
        self._waiting: dict[tuple[str, str], set[asyncio.Future[None]]] = defaultdict(set)
        self._listeners: list[Changed] = []
        self.generation = 0
        self.restored = False
        self.tables = make_tables(self._changed)
        self.credentials: Mapping[str, Credential] = self.tables.get(topics.CREDENTIAL)
        self.skills: Mapping[str, Skill] = self.tables.get(topics.SKILL)
        self.occupations: Mapping[str, Occupation] = self.tables.get(topics.OCCUPATION)
        self.regulations: Mapping[str, Regulation] = self.tables.get(topics.REGULATION)

    @property
    def loaded(self) -> bool:
        """Whether the view is whole, if perhaps a little old."""
        return self.restored or self.tables.caught_up

    @property
    def epoch(self) -> int:
        """The offset up to which credentials are known; -1 while Kafka has not been read."""
        return self.tables.offset(topics.CREDENTIAL)

    def problem(self) -> str | None:
        """For Health."""
        return None if self.loaded else "the catalog has not been read yet"

    def listen(self, listener: Changed) -> None:
        """Calls `listener` after every change."""
        self._listeners.append(listener)

    def apply(self, snapshot: CatalogSnapshot) -> None:
        """Takes a snapshot from elsewhere than Kafka; an older revision changes nothing."""
        self.tables.apply(TOPIC_OF[type(snapshot)], snapshot_key(snapshot), snapshot)

    def require_occupation(self, occupation_id: str | None, pointer: str) -> None:
        """Raises InvalidRequest for a goal that the catalog is known not to have: without it the list
        would silently be another."""
        if occupation_id is None or not self.loaded or occupation_id in self.occupations:
            return
        fault = Fault(pointer, "the catalog has no such occupation")
        raise InvalidRequest(f"{pointer}: {fault.detail}", faults=[fault])

    def name(self, kind: str, id: str) -> str:
        """The name of a skill, credential or occupation; its id while it is not known."""
        table: Mapping[str, Any] = {
            "skill": self.skills,
            "credential": self.credentials,
            "occupation": self.occupations,
        }[kind]
        found = table.get(id)
        return id if found is None else cast("str", found.name)

    async def has(self, snapshot: CatalogSnapshot, seconds: float) -> bool:
        """Waits until the view has at least this revision; False if it has not in time."""
        topic, key = TOPIC_OF[type(snapshot)], snapshot_key(snapshot)
        deadline = asyncio.get_running_loop().time() + seconds
        while not self._reached(topic, key, snapshot.revision):
            changed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting[topic.name, key].add(changed)
            try:
                async with asyncio.timeout_at(deadline):
                    await changed
            except TimeoutError:
                return False
            finally:
                self._forget(topic, key, changed)
        return True

    def _reached(self, topic: Topic, key: str, revision: int) -> bool:
        known = self.tables.get(topic).get(key)
        return known is not None and known.revision >= revision

    def _forget(self, topic: Topic, key: str, changed: "asyncio.Future[None]") -> None:
        waiting = self._waiting[topic.name, key]
        waiting.discard(changed)
        if not waiting:
            del self._waiting[topic.name, key]

    def _changed(self, topic: Topic, key: str, value: Struct) -> None:
        self.generation += 1
        for listener in self._listeners:
            listener(topic, key, value)
        for waiting in self._waiting.get((topic.name, key), ()):
            if not waiting.done():
                waiting.set_result(None)
