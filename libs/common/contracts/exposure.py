"""What the widget reports: exposure of served items, never training data."""

from typing import Literal

from msgspec import Struct

from libs.common.contracts.types import CredentialId, Name, PartnerId, Timestamp


class Exposure(Struct, frozen=True, kw_only=True):
    partner_id: PartnerId
    kind: Literal["impression", "click"]
    credential_id: CredentialId
    recommendation_id: Name
    occurred_at: Timestamp
