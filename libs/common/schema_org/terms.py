"""Values that several types share: nothing says null, and an id is an `@id` only where it is an address."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from libs.common.contracts.catalog import Credential

Node = dict[str, Any]
CTDL = "https://purl.org/ctdl/terms/"
_ADDRESSES = ("http://", "https://", "urn:", "did:")


def node(kind: str, **properties: Any) -> Node:
    """A node of a type, without what is unknown or empty. `id` is written `@id`."""
    known = {name: value for name, value in properties.items() if value not in (None, [], {}, "")}
    identity = {"@id": known.pop("id")} if "id" in known else {}
    return {"@type": kind, **identity, **known}


def identified(kind: str, own_id: str, **properties: Any) -> Node:
    """A node by its id: an address, or a code of ours."""
    if own_id.lower().startswith(_ADDRESSES):
        return node(kind, id=own_id, **properties)
    code = "termCode" if kind == "DefinedTerm" else "identifier"
    return node(kind, **{code: own_id}, **properties)


def reference(own_id: str, credentials: Mapping[str, Credential]) -> Node:
    """Another credential: by its address where that is known to everybody, else by our id."""
    known = credentials.get(own_id)
    address = {} if known is None or known.audience else {"id": known.url, "name": known.name}
    return node("EducationalOccupationalCredential", **address, identifier=own_id)


def place(region: str) -> Node:
    """ISO 3166-1 or -2."""
    return node("AdministrativeArea", identifier=region)


def money(amount: Decimal, currency: str | None) -> Node:
    """An amount as it was written, not a float."""
    return node("MonetaryAmount", value=str(amount), currency=currency)


def hours(amount: float) -> str:
    """An ISO 8601 duration: hours and minutes where that is exact, else a fraction of hours."""
    minutes = amount * 60
    if minutes != int(minutes):
        return f"PT{Decimal(repr(amount)):f}H"
    whole, rest = divmod(int(minutes), 60)
    return f"PT{whole}H{rest}M" if rest else f"PT{whole}H"
