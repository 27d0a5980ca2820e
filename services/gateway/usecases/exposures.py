"""What widgets report: which items of a list were seen or chosen. It goes into its own log, which nothing trains on."""

from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import Meta, Struct
from prometheus_client import Counter

from libs.common.clock import Clock
from libs.common.contracts.exposure import Exposure
from libs.common.contracts.types import CredentialId, Name, Timestamp
from libs.common.errors import TryAgain, Unavailable
from libs.common.rules.interactions import CLOCK_SKEW
from services.gateway.catalog.view import CatalogView
from services.gateway.usecases.interactions import Rejected
from services.gateway.usecases.ports import ExposureLog

EXPOSURES = Counter(
    "stackwise_gateway_exposures_total",
    "Events of widgets: accepted, rejected, or lost to us because Kafka did not take them",
    ["outcome"],
)


class Seen(Struct, frozen=True, kw_only=True):
    """An item was visible, or was chosen."""

    kind: Literal["impression", "click"]
    credential_id: CredentialId
    recommendation_id: Name
    occurred_at: Timestamp


class ExposureBody(Struct, frozen=True, kw_only=True):
    """`key`: the publishable key, unless it stands in a header."""

    key: Name | None = None
    events: Annotated[list[Seen], Meta(min_length=1, max_length=100)]


class Exposed(Struct, frozen=True, kw_only=True):
    """What was taken; the same event twice counts as one that was accepted twice."""

    accepted: int
    rejected: list[Rejected]


class Exposures:
    """Raises Unavailable while Kafka is away, or before the catalog is read."""

    def __init__(self, view: CatalogView, log: ExposureLog, clock: Clock) -> None:
        self._view = view
        self._log = log
        self._clock = clock

    async def accept(self, partner_id: str, events: Sequence[Seen]) -> Exposed:
        """Answers when Kafka has acknowledged all that are not rejected."""
        if not self._view.loaded:
            raise Unavailable("the catalog is not known yet")
        judged = [(event, self._fault(partner_id, event)) for event in events]
        rejected = [
            Rejected(index=index, code=fault[0], detail=fault[1])
            for index, (_, fault) in enumerate(judged)
            if fault is not None
        ]
        EXPOSURES.labels("rejected").inc(len(rejected))
        accepted = [_exposure(partner_id, event) for event, fault in judged if fault is None]
        # A Struct that is frozen is hashable: the same event twice in one body is sent once.
        await self._append(list(dict.fromkeys(accepted)))
        return Exposed(accepted=len(accepted), rejected=rejected)

    async def _append(self, exposures: list[Exposure]) -> None:
        if not exposures:
            return
        try:
            await self._log.append(exposures)
        except TryAgain as away:
            EXPOSURES.labels("lost").inc(len(exposures))
            raise Unavailable("Events cannot be kept now.") from away
        EXPOSURES.labels("accepted").inc(len(exposures))

    def _fault(self, partner_id: str, event: Seen) -> tuple[str, str] | None:
        credential = self._view.credentials.get(event.credential_id)
        if credential is None or (credential.audience and partner_id not in credential.audience):
            return "unknown_credential", "the catalog has no such credential"
        if event.occurred_at > self._clock() + CLOCK_SKEW:
            return "occurred_in_future", "occurred_at is more than 5 minutes in the future"
        return None


def _exposure(partner_id: str, event: Seen) -> Exposure:
    return Exposure(
        partner_id=partner_id,
        kind=event.kind,
        credential_id=event.credential_id,
        recommendation_id=event.recommendation_id,
        occurred_at=event.occurred_at,
    )
