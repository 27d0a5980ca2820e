"""The topic table. Provisioning, ACLs, manifests and documentation are made from it or checked against it."""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, Literal

from msgspec import Struct

from libs.common.contracts import catalog, exposure, item_side, profile

Service = Literal["catalog", "profile", "recommender", "gateway", "reports"]
DAY_MS = 24 * 60 * 60 * 1000


class Topic(Struct, frozen=True, kw_only=True):
    """A topic: its name, the type of its values by `ce_type`, their key, its layout, and who uses it. `id_of` gives the
    `ce_id` of a value whose content says what it is; without it every record has a new one."""

    name: str
    values: dict[str, type[Struct]]
    key_of: Callable[[Any], str]
    partitions: int
    retention_ms: int | None
    writers: frozenset[Service]
    readers: frozenset[Service]
    id_of: Callable[[Any], str] | None = None

    @property
    def compacted(self) -> bool:
        """A compacted topic keeps the newest value of each key for ever."""
        return self.retention_ms is None

    @property
    def dead_letters(self) -> str:
        """The name of the topic in which unusable records of this one are parked."""
        return f"{self.name}.dlq"


def _snapshots(name: str, value: type[Struct], readers: Sequence[Service]) -> Topic:
    return Topic(
        name=name,
        values={name: value},
        key_of=catalog.snapshot_key,
        partitions=1,
        retention_ms=None,
        writers=frozenset({"catalog"}),
        readers=frozenset(readers),
    )


CREDENTIAL = _snapshots(
    "catalog.credential.v1", catalog.Credential, ["gateway", "recommender", "profile"]
)
SKILL = _snapshots("catalog.skill.v1", catalog.Skill, ["gateway", "recommender"])
OCCUPATION = _snapshots("catalog.occupation.v1", catalog.Occupation, ["gateway", "recommender"])
REGULATION = _snapshots("catalog.regulation.v1", catalog.Regulation, ["gateway", "recommender"])
DEMAND = _snapshots("catalog.demand.v1", catalog.Demand, ["gateway", "recommender"])

LEARNER = Topic(
    name="profile.learner.v1",
    values={"profile.learner.v1": profile.Learner},
    key_of=attrgetter("learner_key"),
    partitions=64,
    retention_ms=None,
    writers=frozenset({"profile"}),
    readers=frozenset({"recommender"}),
)
INTERACTION = Topic(
    name="profile.interaction.v1",
    values={"profile.interaction.v1": profile.Interaction},
    key_of=attrgetter("learner_key"),
    partitions=64,
    retention_ms=400 * DAY_MS,
    writers=frozenset({"profile"}),
    readers=frozenset({"recommender"}),
)
ITEM_SIDE = Topic(
    name="recommender.item-side.v1",
    values={
        "recommender.item-row.v1": item_side.ItemRow,
        "recommender.model-reference.v1": item_side.ModelReference,
    },
    key_of=item_side.item_key,
    partitions=1,
    retention_ms=None,
    writers=frozenset({"recommender"}),
    readers=frozenset({"recommender"}),
)
EXPOSURE = Topic(
    name="gateway.exposure.v1",
    values={"gateway.exposure.v1": exposure.Exposure},
    key_of=attrgetter("partner_id"),
    partitions=8,
    retention_ms=90 * DAY_MS,
    writers=frozenset({"gateway"}),
    readers=frozenset({"reports"}),
    id_of=exposure.event_id,
)

CATALOG = (CREDENTIAL, SKILL, OCCUPATION, REGULATION, DEMAND)
TOPICS = (*CATALOG, LEARNER, INTERACTION, ITEM_SIDE, EXPOSURE)
BY_NAME = {topic.name: topic for topic in TOPICS}
DEAD_LETTER_RETENTION_MS = 30 * DAY_MS
