"""The Structs kept in Redis, as MessagePack arrays. Times are Unix milliseconds (UTC)."""

from typing import Any, Generic, Literal, TypeVar

import msgspec
from msgspec import Struct

from libs.common.contracts.profile import Consent, HeldCredential, Kind, LearnerProfile

Source = Literal["personalized", "content", "trending", "discovery", "value"]
T = TypeVar("T", bound=Struct)

TargetStatus = Literal["open", "blocked_pending_licence", "check_regulator", "no_skill_data"]


class Lookup(Struct, frozen=True, array_like=True):
    """Where a partner's learner is found; at erasure `learner_key` is None for 30 days."""

    partition: int
    learner_key: str | None
    revision: int


class Mark(Struct, frozen=True, array_like=True):
    """The last record applied from a log: its offset, and its `ce_id` to prove the log is the same."""

    offset: int
    record_id: str


class Offsets(Struct, frozen=True, array_like=True):
    """How far a partition's projection has come; None is the log's beginning.

    `log` is a random id of the interaction log, drawn again when the log turns out to be another.
    """

    log: str
    learner: Mark | None = None
    interaction: Mark | None = None


class ProfileState(Struct, frozen=True, array_like=True):
    """What the newest snapshot of a learner said that ranking and export need."""

    revision: int
    partner_id: str
    learner_id: str
    profile: LearnerProfile
    consent: Consent
    held_credentials: list[HeldCredential] = []


class LearnerState(Struct, frozen=True, array_like=True):
    """All that is known of a learner: a pure function of the unique events, in any order.

    interactions: credential id → kind → last `occurred_at`.
    profile: None until a snapshot of the newest consent has come (an interaction may overtake it),
    and after erasure.  position and as_of: the newest included interaction's offset and
    `accepted_at`; None before the first.  log: the id of the log that `position` counts in.
    partner_id and lookup (the key that leads here): known from the first event that says so until
    erasure, which empties the lookup.
    """

    learner_key: str
    consent_changed_at: int
    erased: bool = False
    consented: bool = True
    profile: ProfileState | None = None
    interactions: dict[str, dict[Kind, int]] = {}
    position: int | None = None
    as_of: int | None = None
    log: str = ""
    partner_id: str | None = None
    lookup: str | None = None


class ListReason(Struct, frozen=True, array_like=True):
    """A reason's code and parameters; the sentence is made where it is served."""

    code: str
    params: dict[str, Any] = {}


class ListItem(Struct, frozen=True, array_like=True):
    """One ranked credential. `score` is 0 to 1; `closes` are the missing skills it teaches, `gain` the readiness it adds."""

    credential_id: str
    score: float
    source: Source
    reasons: list[ListReason] = []
    closes: list[str] = []
    gain: float | None = None
    advisories: list[ListReason] = []


class ListTarget(Struct, frozen=True, array_like=True):
    """The goal of a list. `readiness` is 0 to 1, None without skill data."""

    occupation_id: str | None
    readiness: float | None
    status: TargetStatus


class ListRelaxation(Struct, frozen=True, array_like=True):
    """The smallest change of one constraint that would make `admits` credentials feasible."""

    constraint: str
    to: Any
    admits: int


class Ranking(Struct, frozen=True, array_like=True):
    """What `rank` answers."""

    items: list[ListItem]
    target: ListTarget | None = None
    relaxations: list[ListRelaxation] = []


MOST_STORED = 20
"""How many items a stored list has; one with fewer has all that there are."""


class StoredList(Struct, frozen=True, array_like=True):
    """A learner's ranking with all that says how fresh it is.

    position, as_of, log: as in the state and offsets it was made from. region and income_band: what
    aid was counted with, so that whoever serves it shows the same net cost. item_side: the `seq` of the
    model's row that had moved last, item_epoch: the trainer's; the pair orders the item sides that made lists.
    """

    recommendation_id: str
    ranking: Ranking
    computed_at: int
    model_version: str
    catalog_epoch: int
    profile_revision: int
    log: str
    position: int | None = None
    as_of: int | None = None
    region: str | None = None
    income_band: Literal["low", "middle", "high"] | None = None
    item_side: int = 0
    item_epoch: int = -1


def pack(value: Struct) -> bytes:
    """The bytes stored in Redis."""
    return msgspec.msgpack.encode(value)


class Packed(Generic[T]):
    """Decodes one kind of value; a value that does not decode raises msgspec.DecodeError."""

    def __init__(self, kind: type[T]) -> None:
        self._decoder = msgspec.msgpack.Decoder(kind)

    def unpack(self, raw: bytes | None) -> T | None:
        """The value, or None where Redis has none."""
        return None if raw is None else self._decoder.decode(raw)
