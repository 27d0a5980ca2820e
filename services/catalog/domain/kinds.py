"""The five kinds of snapshot that the catalog keeps, and how a stored row becomes a snapshot again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

import msgspec
from msgspec import Struct

from libs.common.contracts import topics
from libs.common.contracts.catalog import (
    CatalogSnapshot,
    Credential,
    CredentialBody,
    Demand,
    DemandBody,
    Occupation,
    OccupationBody,
    Regulation,
    RegulationBody,
    Skill,
    SkillBody,
)
from libs.common.contracts.topics import Topic
from libs.common.contracts.types import CredentialId, OccupationId, Region, SkillId
from libs.common.errors import Fault, InvalidRequest

KindName = Literal["credential", "skill", "occupation", "regulation", "demand"]
Body = CredentialBody | SkillBody | OccupationBody | RegulationBody | DemandBody
Ids = dict[str, str]


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of snapshot.

    ids: the fields that come from the path, with their types, in the order of the key.
    split: the key's ids; regions hold no bar, so a key of two ids is unambiguous.
    """

    name: KindName
    topic: Topic
    body: type[Body]
    snapshot: type[CatalogSnapshot]
    ids: dict[str, Any]
    split: Callable[[str], tuple[str, ...]]

    def key(self, ids: Ids) -> str:
        """The row's key and the Kafka key: `snapshot_key` of the contracts.

        Raises InvalidRequest when an id is not one.
        """
        faults = []
        for name, of in self.ids.items():
            try:
                msgspec.convert(ids[name], of)
            except msgspec.ValidationError as invalid:
                faults.append(Fault(f"/{name}", str(invalid)))
        if faults:
            raise InvalidRequest(f"{faults[0].pointer}: {faults[0].detail}", faults=faults)
        return "|".join(ids[name] for name in self.ids)

    def decode(self, raw: bytes | str) -> Body:
        """The body of a stored row."""
        body: Body = msgspec.json.decode(raw, type=self.body)
        return body

    def assemble(
        self, key: str, body: Body, revision: int, updated_at: datetime
    ) -> CatalogSnapshot:
        """The snapshot of a body under its key."""
        parts: dict[str, Any] = {name: getattr(body, name) for name in body.__struct_fields__}
        parts.update(zip(self.ids, self.split(key), strict=True))
        return self.snapshot(**parts, revision=revision, updated_at=updated_at)


def _one(key: str) -> tuple[str, ...]:
    return (key,)


def _region_last(key: str) -> tuple[str, ...]:
    occupation, _, region = key.rpartition("|")
    return occupation, region


def _region_first(key: str) -> tuple[str, ...]:
    region, _, occupation = key.partition("|")
    return region, occupation


CREDENTIAL = Kind(
    "credential", topics.CREDENTIAL, CredentialBody, Credential, {"id": CredentialId}, _one
)
SKILL = Kind("skill", topics.SKILL, SkillBody, Skill, {"id": SkillId}, _one)
OCCUPATION = Kind(
    "occupation", topics.OCCUPATION, OccupationBody, Occupation, {"id": OccupationId}, _one
)
REGULATION = Kind(
    "regulation",
    topics.REGULATION,
    RegulationBody,
    Regulation,
    {"occupation": OccupationId, "jurisdiction": Region},
    _region_last,
)
DEMAND = Kind(
    "demand",
    topics.DEMAND,
    DemandBody,
    Demand,
    {"region": Region, "occupation": OccupationId},
    _region_first,
)

# References first, so that whoever reads a dump line by line knows names before it meets their ids.
KINDS: dict[KindName, Kind] = {
    kind.name: kind for kind in (SKILL, OCCUPATION, REGULATION, DEMAND, CREDENTIAL)
}
BY_TOPIC = {kind.topic.name: kind for kind in KINDS.values()}
assert set(KINDS) == set(get_args(KindName))


def body_of(snapshot: Struct, kind: Kind) -> Body:
    """What a partner would send to get this snapshot."""
    return kind.body(**{name: getattr(snapshot, name) for name in kind.body.__struct_fields__})
