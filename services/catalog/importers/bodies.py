"""What a source says of a snapshot, as a record: checked as a partner's body would be."""

from typing import Any

import msgspec

from libs.common.errors import Fault, InvalidRequest
from libs.common.web.decoding import decode
from services.catalog.domain.kinds import Kind
from services.catalog.domain.records import Record, Rejected, flat_type, record


def checked(
    kind: Kind, parts: dict[str, Any], *, line: int, file: str = "", whole: bool = True
) -> Record | Rejected:
    """A flat record from its parts, ids included; unless `whole`, a stored one keeps its other fields."""
    try:
        made = record(line, kind, decode(msgspec.json.encode(parts), flat_type(kind)))
    except InvalidRequest as refused:
        return Rejected(line, refused.faults or (Fault("", refused.detail),), file)
    return made if whole else made._replace(sets=frozenset(parts) - set(kind.ids))
