"""Partners: making and changing them, and rotating their keys."""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from libs.common.errors import Fault, InvalidRequest
from services.gateway.auth.identity import check
from services.gateway.auth.keys import KeyKind, KeyRecord, mint
from services.gateway.auth.origins import normal
from services.gateway.auth.partner import Change, Partner
from services.gateway.auth.receipts import Receipt


class Store(Protocol):
    """Raises NotFound, Conflict, and Unavailable while it is away."""

    def acting_as(self, actor: str) -> "Store": ...
    async def once(
        self, receipt: Receipt, work: Callable[["Store"], Awaitable[bytes]]
    ) -> bytes: ...
    async def list(self) -> list[Partner]: ...
    async def get(self, partner_id: str) -> Partner: ...
    async def create(
        self,
        partner_id: str,
        name: str,
        origins: Sequence[str],
        keys: Sequence[KeyRecord],
        change: Change = ...,
    ) -> None: ...
    async def change(self, partner_id: str, change: Change) -> None: ...
    async def add_key(self, key: KeyRecord, partner_id: str | None) -> None: ...
    async def revoke_key(self, prefix: str, partner_id: str | None = None) -> None: ...


class NewPartner(Struct, frozen=True, kw_only=True):
    """A partner and its first keys, which are shown this once."""

    partner: Partner
    publishable_key: str
    secret_key: str


class NewKey(Struct, frozen=True, kw_only=True):
    """A key, shown this once."""

    partner_id: str
    kind: KeyKind
    key: str
    prefix: str


async def create(store: Store, partner_id: str | None, name: str, change: Change) -> NewPartner:
    """A partner with a publishable and a secret key. Raises InvalidRequest, Conflict."""
    made_id = partner_id or f"partner_{secrets.token_hex(6)}"
    checked = _checked(change)
    publishable, secret = mint("publishable"), mint("secret")
    origins = checked.allowed_origins or []
    await store.create(made_id, name, origins, [publishable[1], secret[1]], checked)
    made = await store.get(made_id)
    return NewPartner(partner=made, publishable_key=publishable[0], secret_key=secret[0])


async def change(store: Store, partner_id: str, wanted: Change) -> Partner:
    """The partner as it is then. Raises InvalidRequest, NotFound, Conflict."""
    await store.change(partner_id, _checked(wanted))
    return await store.get(partner_id)


async def add_key(store: Store, partner_id: str, kind: KeyKind) -> NewKey:
    """Raises NotFound, and Conflict when two of the kind are in force."""
    key, record = mint(kind)
    await store.add_key(record, partner_id)
    return NewKey(partner_id=partner_id, kind=kind, key=key, prefix=record.prefix)


def _checked(wanted: Change) -> Change:
    for index, each in enumerate(wanted.identities or ()):
        try:
            check(each)
        except InvalidRequest as wrong:
            faults = [
                Fault(f"/identities/{index}{fault.pointer}", fault.detail) for fault in wrong.faults
            ]
            raise InvalidRequest(wrong.detail, faults=faults) from wrong
    if wanted.allowed_origins is None:
        return wanted
    return replace(wanted, allowed_origins=[normal(each) for each in wanted.allowed_origins])
