"""What the one trainer streams to the workers: changed rows, and the reference to a new model."""

from msgspec import Struct

from libs.common.contracts.types import Count, CredentialId, Name, Timestamp


class ItemRow(Struct, frozen=True, kw_only=True):
    """The moved parts of one credential's row; an absent part stays as it was.

    factor: float32 values, one per factor of the model; neighbours and transitions: sparse rows.
    trend: forward-decayed count of interactions, as the logarithm, so that it needs no rescaling.
    """

    epoch: Count
    model_version: Name
    seq: Count
    credential_id: CredentialId
    factor: list[float] | None = None
    neighbours: dict[CredentialId, float] | None = None
    transitions: dict[CredentialId, float] | None = None
    trend: float | None = None


class ModelReference(Struct, frozen=True, kw_only=True):
    """Names an artefact and the offset of this topic from which its rows read on."""

    epoch: Count
    version: Name
    seq: Count
    url: Name
    checksum: Name
    trained_at: Timestamp
    read_on_from: Count
    metrics: dict[str, float] = {}


ItemSide = ItemRow | ModelReference


def item_key(value: ItemSide) -> str:
    """The Kafka key: the credential id; empty for the model reference."""
    return value.credential_id if isinstance(value, ItemRow) else ""
