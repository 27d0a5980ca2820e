"""The administrator's key and the local partner, made through the gateway's own commands."""

import json
import secrets
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from deploy.local.state import Keys, Partner, StateFolder

Command = Callable[..., Awaitable[str]]
_FILE = "keys.json"


async def ensure_keys(state: StateFolder, gateway: Command, origins: Sequence[str]) -> Keys:
    """The keys of this state folder; at a later start only the origins follow the gateway's port."""
    keys = state.read(_FILE, Keys)
    if keys is not None and keys.partner.allowed_origins == list(origins):
        return keys
    keys = await (_create(gateway, origins) if keys is None else _move(keys, gateway, origins))
    state.write(_FILE, keys)
    return keys


async def _create(gateway: Command, origins: Sequence[str]) -> Keys:
    # An interrupted first start leaves a partner whose keys nobody knows: hence an id of its own.
    id = f"local-{secrets.token_hex(3)}"
    options = [word for origin in origins for word in ("--origin", origin)]
    made = await gateway("partners", "create", "Local partner", "--id", id, *options, "--json")
    admin = json.loads(await gateway("partners", "admin-key", "--json"))
    return Keys(admin["admin_key"], msgspec.json.decode(made, type=Partner))


async def _move(keys: Keys, gateway: Command, origins: Sequence[str]) -> Keys:
    await gateway("partners", "origins", "set", keys.partner.id, *origins)
    partner = msgspec.structs.replace(keys.partner, allowed_origins=list(origins))
    return msgspec.structs.replace(keys, partner=partner)
