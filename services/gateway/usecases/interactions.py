"""Taking interactions: judged here by what the catalog knows, then handed to profile, in order."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct

from libs.common.clock import Clock
from libs.common.contracts.calls import NewInteraction, Stored
from libs.common.contracts.types import CredentialId, Name, Timestamp
from libs.common.errors import Conflict, Unavailable
from libs.common.rules import interactions as rules
from services.gateway.catalog.view import CatalogView
from services.gateway.usecases.ports import Profile


class Event(Struct, frozen=True, kw_only=True):
    """One thing a learner did. A kind that is not one is refused for the event, not the request."""

    credential_id: CredentialId
    kind: Name
    occurred_at: Timestamp
    recommendation_id: Name | None = None


class Events(Struct, frozen=True, kw_only=True):
    events: Annotated[list[Event], Meta(min_length=1, max_length=500)]


class Rejected(Struct, frozen=True, kw_only=True):
    index: int
    code: str
    detail: str


class Accepted(Struct, frozen=True, kw_only=True):
    """position: the highest of those accepted, None if none was."""

    accepted: int
    rejected: list[Rejected]
    position: int | None


class Interactions:
    """Raises Unavailable while profile, its database or Kafka is away, or the catalog is not read yet."""

    def __init__(self, view: CatalogView, profile: Profile, clock: Clock) -> None:
        self._view = view
        self._profile = profile
        self._clock = clock

    async def accept(self, partner_id: str, learner_id: str, events: Sequence[Event]) -> Accepted:
        """Raises Conflict (`learner_erased`) for a learner who was erased and has not come back."""
        new = [new_interaction(learner_id, event) for event in events]
        results = await self.store(partner_id, new)
        positions = [result.position for result in results if result.position is not None]
        if not positions and await self._erased(partner_id, learner_id, results):
            raise Conflict("The learner was erased.", code="learner_erased")
        rejected = [
            Rejected(index=index, code=result.code, detail=result.detail or "")
            for index, result in enumerate(results)
            if result.code is not None
        ]
        return Accepted(
            accepted=len(positions), rejected=rejected, position=max(positions, default=None)
        )

    async def store(
        self, partner_id: str, events: Sequence[NewInteraction | Stored]
    ) -> list[Stored]:
        """What became of each: refused before or here, or what profile says. Raises any Refusal of
        profile's; nothing of these has been stored then, or Kafka did not say so in time."""
        if not self._view.loaded:
            raise Unavailable("the catalog is not known yet")
        judged = [e if isinstance(e, Stored) else self._refusal(e) or e for e in events]
        new = [each for each in judged if isinstance(each, NewInteraction)]
        stored = iter(await self._profile.accept(partner_id, new) if new else ())
        return [each if isinstance(each, Stored) else next(stored) for each in judged]

    async def _erased(self, partner_id: str, learner_id: str, results: Sequence[Stored]) -> bool:
        """Whether the learner was; profile is asked where it has not been, as nothing was left to hand on."""
        codes = {result.code for result in results}
        return "learner_erased" in codes or await self._profile.erased(partner_id, learner_id)

    def _refusal(self, event: NewInteraction) -> Stored | None:
        if event.credential_id not in self._view.credentials:
            return Stored(code="unknown_credential", detail="the catalog has no such credential")
        fault = rules.fault(event.kind, event.occurred_at, self._clock())
        return None if fault is None else Stored(code=fault[0], detail=fault[1])


def new_interaction(learner_id: str, event: Event) -> NewInteraction:
    """The event as it is handed to profile."""
    # The kind is judged before it is sent on.
    return NewInteraction(
        learner_id=learner_id,
        credential_id=event.credential_id,
        kind=event.kind,  # type: ignore[arg-type]
        occurred_at=event.occurred_at,
        recommendation_id=event.recommendation_id,
    )
