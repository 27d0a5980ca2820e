"""What the widget reports: exposure of served items, never training data."""

import hashlib
from typing import Literal

from msgspec import Struct

from libs.common.contracts.types import CredentialId, Name, PartnerId, Timestamp


class Exposure(Struct, frozen=True, kw_only=True):
    partner_id: PartnerId
    kind: Literal["impression", "click"]
    credential_id: CredentialId
    recommendation_id: Name
    occurred_at: Timestamp


def event_id(exposure: Exposure) -> str:
    """The `ce_id`: of the content, so that an event that a page had to send again is known as the same."""
    said = (
        exposure.partner_id,
        exposure.kind,
        exposure.credential_id,
        exposure.recommendation_id,
        exposure.occurred_at.isoformat(),
    )
    return hashlib.sha256("\0".join(said).encode()).hexdigest()[:32]
