"""Taking interactions: judged here by what the catalog knows, then handed to profile, in order."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from libs.common.clock import Clock
from libs.common.contracts.calls import NewInteraction, Stored
from libs.common.contracts.types import CredentialId, LearnerId, Name, Timestamp
from libs.common.errors import Conflict, InvalidRequest, Unavailable
from libs.common.rules import interactions as rules
from libs.common.web.decoding import decode
from services.gateway.catalog.view import CatalogView
from services.gateway.usecases.ports import Profile

LINES_PER_CALL = 1_000


class Event(Struct, frozen=True, kw_only=True):
    """One thing a learner did. A kind that is not one is refused for the event, not the request."""

    credential_id: CredentialId
    kind: Name
    occurred_at: Timestamp
    recommendation_id: Name | None = None


class Line(Event, frozen=True, kw_only=True):
    """The same in a bulk of many learners."""

    learner_id: LearnerId


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


class LineAnswer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of a line: a position, or a code and its detail. The first line is 1."""

    line: int
    position: int | None = None
    code: str | None = None
    detail: str | None = None


class Interactions:
    """Raises Unavailable while profile, its database or Kafka is away, or the catalog is not read yet."""

    def __init__(self, view: CatalogView, profile: Profile, clock: Clock) -> None:
        self._view = view
        self._profile = profile
        self._clock = clock

    async def accept(self, partner_id: str, learner_id: str, events: Sequence[Event]) -> Accepted:
        """Raises Conflict (`learner_erased`) for a learner who was erased and has not come back."""
        results = await self._store(partner_id, [_new(learner_id, event) for event in events])
        if any(result.code == "learner_erased" for result in results):
            raise Conflict("The learner was erased.", code="learner_erased")
        positions = [result.position for result in results if result.position is not None]
        rejected = [
            Rejected(index=index, code=result.code, detail=result.detail or "")
            for index, result in enumerate(results)
            if result.code is not None
        ]
        return Accepted(
            accepted=len(positions), rejected=rejected, position=max(positions, default=None)
        )

    async def accept_lines(self, partner_id: str, lines: AsyncIterator[bytes]) -> bytes:
        """NDJSON in, NDJSON out, one line for each. A call that fails after others have been
        acknowledged is said on its lines; sending all again changes nothing."""
        answers: list[bytes] = []
        batch: list[bytes] = []
        async for line in lines:
            batch.append(line)
            if len(batch) == LINES_PER_CALL:
                answers += await self._accept_batch(partner_id, batch, len(answers))
                batch = []
        if batch:
            answers += await self._accept_batch(partner_id, batch, len(answers))
        return b"".join(answers)

    async def _accept_batch(self, partner_id: str, batch: list[bytes], before: int) -> list[bytes]:
        read = [_read(line) for line in batch]
        try:
            results = await self._store(partner_id, read)
        except Unavailable as away:
            if before == 0:
                raise
            results = [Stored(code=away.code, detail=away.detail) for _ in batch]
        return [_answer(number, result) for number, result in enumerate(results, before + 1)]

    async def _store(
        self, partner_id: str, events: Sequence[NewInteraction | Stored]
    ) -> list[Stored]:
        """What became of each: refused here, or what profile says."""
        if not self._view.loaded:
            raise Unavailable("the catalog is not known yet")
        judged = [e if isinstance(e, Stored) else self._refusal(e) or e for e in events]
        new = [each for each in judged if isinstance(each, NewInteraction)]
        stored = iter(await self._profile.accept(partner_id, new) if new else ())
        return [each if isinstance(each, Stored) else next(stored) for each in judged]

    def _refusal(self, event: NewInteraction) -> Stored | None:
        if event.credential_id not in self._view.credentials:
            return Stored(code="unknown_credential", detail="the catalog has no such credential")
        fault = rules.fault(event.kind, event.occurred_at, self._clock())
        return None if fault is None else Stored(code=fault[0], detail=fault[1])


def _new(learner_id: str, event: Event) -> NewInteraction:
    # The kind is judged before it is sent on.
    return NewInteraction(
        learner_id=learner_id,
        credential_id=event.credential_id,
        kind=event.kind,  # type: ignore[arg-type]
        occurred_at=event.occurred_at,
        recommendation_id=event.recommendation_id,
    )


def _read(line: bytes) -> NewInteraction | Stored:
    try:
        event = decode(line, Line)
    except InvalidRequest as invalid:
        return Stored(code=invalid.code, detail=invalid.detail)
    return _new(event.learner_id, event)


def _answer(number: int, result: Stored) -> bytes:
    line = LineAnswer(line=number, position=result.position, code=result.code, detail=result.detail)
    return msgspec.json.encode(line) + b"\n"
