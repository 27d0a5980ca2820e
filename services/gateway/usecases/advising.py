"""What to know of a goal, and of what would make something fit, with sentences."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from libs.common.contracts.catalog import Regulation
from libs.common.contracts.redis_values import ListReason, ListRelaxation, TargetStatus
from libs.common.rules.reasons import RELAXATIONS
from services.gateway.usecases.sentences import Advisory, Sentences


class ShownRelaxation(Struct, frozen=True):
    """The smallest change of a constraint that would make `admits` credentials feasible; `to` is null
    where only its absence would."""

    constraint: str
    to: Any
    admits: int
    text: str


def about_goal(
    occupation_id: str | None, status: TargetStatus, record: Regulation | None
) -> Iterator[ListReason]:
    """What the law says of an occupation, as far as it is known: silence is no permission."""
    if occupation_id is None:
        return
    about: dict[str, Any] = {"occupation": occupation_id}
    if status == "blocked_pending_licence":
        regulator = None if record is None or record.regulator is None else record.regulator.name
        yield ListReason("regulated_occupation", {**about, "regulator": regulator})
    elif status == "check_regulator":
        yield ListReason("check_regulator", about)
    elif record is None:
        yield ListReason("no_regulation_record", about)
    if status == "no_skill_data":
        yield ListReason("no_skill_data", about)


def shown_advisories(
    occupation_id: str | None,
    status: TargetStatus,
    record: Regulation | None,
    sentences: Sentences,
) -> list[Advisory]:
    """The same as the API shows it."""
    found = about_goal(occupation_id, status, record)
    return [Advisory(each.code, sentences.text(each.code, each.params)) for each in found]


def shown_relaxation(relaxation: ListRelaxation, sentences: Sentences) -> ShownRelaxation:
    """A relaxation as the API shows it."""
    code = f"relax_{relaxation.constraint}"
    named = RELAXATIONS[code].optional if code in RELAXATIONS else None
    params = {"admits": relaxation.admits} | ({named: relaxation.to} if named else {})
    text = sentences.text(code, params)
    return ShownRelaxation(relaxation.constraint, relaxation.to, relaxation.admits, text)
