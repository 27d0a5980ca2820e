"""Publishing and retiring: what changes the catalog."""

from msgspec.structs import replace

from libs.common.contracts.catalog import Credential, CredentialBody
from libs.common.errors import Conflict, Fault, InvalidRequest, NotFound
from services.catalog.domain.kinds import CREDENTIAL, Body, Kind, body_of
from services.catalog.ports import Put, Store, Unit


async def publish(store: Store, kind: Kind, key: str, body: Body) -> Put:
    """Creates or replaces; ids that the body names may still be unknown, since records come in any order.

    Raises InvalidRequest or Conflict where a credential would supersede itself.
    """
    async with store.begin() as unit:
        if isinstance(body, CredentialBody) and body.superseded_by is not None:
            await _refuse_circle(unit, key, body.superseded_by, pointer="/superseded_by")
        return await unit.put(kind, key, body)


async def retire(store: Store, key: str, superseded_by: str | None) -> Credential:
    """Marks a credential as deprecated; without a successor given, one known before stays.

    Raises NotFound; InvalidRequest where the successor does not exist or is the credential itself;
    Conflict where the successor leads back to it.
    """
    async with store.begin() as unit:
        await unit.alone_with_successors()
        body = await _body(unit, key)
        if superseded_by is not None:
            await _refuse_circle(unit, key, superseded_by, pointer="?superseded_by")
            await _refuse_missing(unit, superseded_by)
        successor = superseded_by or body.superseded_by
        retired = replace(body, status="deprecated", superseded_by=successor)
        put = await unit.put(CREDENTIAL, key, retired)
    assert isinstance(put.snapshot, Credential)
    return put.snapshot


async def _body(unit: Unit, key: str) -> CredentialBody:
    snapshot = await unit.get_for_update(CREDENTIAL, key)
    if snapshot is None:
        raise NotFound(f"There is no credential {key!r}.")
    body = body_of(snapshot, CREDENTIAL)
    assert isinstance(body, CredentialBody)
    return body


async def _refuse_circle(unit: Unit, key: str, successor: str, *, pointer: str) -> None:
    if successor == key:
        raise InvalidRequest(
            "A credential cannot supersede itself.",
            faults=[Fault(pointer, "is the credential itself")],
        )
    await unit.alone_with_successors()
    if key in await unit.successors(successor):
        raise Conflict(
            f"{successor!r} is itself superseded by {key!r}.",
            faults=[Fault(pointer, "leads back to the credential")],
        )


async def _refuse_missing(unit: Unit, successor: str) -> None:
    if await unit.get(CREDENTIAL, successor) is None:
        raise InvalidRequest(
            f"There is no credential {successor!r}.",
            faults=[Fault("?superseded_by", "does not exist")],
        )
