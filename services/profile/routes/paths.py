"""The paths, and the ids in them."""

import msgspec

from libs.common.contracts.types import LearnerId
from libs.common.errors import Fault, InvalidRequest

PARTNER = "/partners/{partner_id:str}"
LEARNER = PARTNER + "/learners/{learner_id:str}"


def refuse_bad_ids(**ids: str) -> None:
    """Raises InvalidRequest for an id that could not be stored: empty, too long, or with a NUL."""
    faults = [
        Fault(f"/{name}", "an id has 1 to 500 characters, none of them NUL")
        for name, value in ids.items()
        if not _storable(value)
    ]
    if faults:
        raise InvalidRequest("the path has an id that cannot be", faults=faults)


def _storable(value: str) -> bool:
    try:
        msgspec.convert(value, LearnerId)
    except msgspec.ValidationError:
        return False
    return "\0" not in value
