"""NDJSON of many learners: taken line by line, answered batch by batch.

Every line that is not blank gets an answer with its number in the body, in the body's order.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence

import msgspec
from msgspec import Struct

from libs.common.contracts.calls import NewInteraction, Stored
from libs.common.contracts.types import LearnerId
from libs.common.errors import InvalidRequest, Refusal, TooLarge
from libs.common.web.body import BODY_LIMIT
from libs.common.web.decoding import decode
from services.gateway.usecases.interactions import Event, Interactions, new_interaction

MOST_LINES = 100_000
LINES_PER_CALL = 1_000
LINES_AT_A_TIME = 50
"""Lines read between two turns of the loop, so that nobody else waits for a large body."""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Line(Event, frozen=True, kw_only=True):
    """An event with its learner."""

    learner_id: LearnerId


class LineAnswer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of a line: a position, or a code and its detail. The body's first line is 1."""

    line: int
    position: int | None = None
    code: str | None = None
    detail: str | None = None


class Bulk:
    """Takes the lines of a body through Interactions."""

    def __init__(self, interactions: Interactions) -> None:
        self._interactions = interactions

    async def accept(
        self, partner_id: str, lines: Sequence[tuple[int, bytes]]
    ) -> AsyncGenerator[bytes, None]:
        """The answers, one chunk for each call to profile, once Kafka has acknowledged it.

        A refusal of the first call is raised, as nothing has been stored; that of a later one is said
        on each of its lines. Sending all again changes nothing.
        """
        for start in range(0, len(lines), LINES_PER_CALL):
            batch = lines[start : start + LINES_PER_CALL]
            try:
                results = await self._interactions.store(partner_id, await _read(batch))
            except Refusal as refused:
                if start == 0:
                    raise
                results = [Stored(code=refused.code, detail=refused.detail) for _ in batch]
            answers = zip(batch, results, strict=True)
            yield b"".join(_answer(number, result) for (number, _), result in answers)


def numbered(body: bytes) -> list[tuple[int, bytes]]:
    """The lines that are not blank, with their numbers. Raises TooLarge before anything is stored."""
    if body.count(b"\n") > MOST_LINES:
        raise TooLarge(f"The body has more than {MOST_LINES} lines.")
    lines = body.removeprefix(_BYTE_ORDER_MARK).split(b"\n")
    return [(number, line) for number, line in enumerate(lines, 1) if line and not line.isspace()]


async def _read(batch: Sequence[tuple[int, bytes]]) -> list[NewInteraction | Stored]:
    read: list[NewInteraction | Stored] = []
    for start in range(0, len(batch), LINES_AT_A_TIME):
        read += [_event(line) for _, line in batch[start : start + LINES_AT_A_TIME]]
        await asyncio.sleep(0)
    return read


def _event(line: bytes) -> NewInteraction | Stored:
    if len(line) > BODY_LIMIT:
        return Stored(
            code=TooLarge.default_code, detail=f"The line is larger than {BODY_LIMIT} bytes."
        )
    try:
        event = decode(line, Line, what="line")
    except InvalidRequest as invalid:
        return Stored(code=invalid.code, detail=invalid.detail)
    return new_interaction(event.learner_id, event)


def _answer(number: int, result: Stored) -> bytes:
    line = LineAnswer(line=number, position=result.position, code=result.code, detail=result.detail)
    return msgspec.json.encode(line) + b"\n"
