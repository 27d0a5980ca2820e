"""The partner of `/demo`: its publishable key, and a key of this state folder that signs for its learners."""

import json
import secrets
from collections.abc import Sequence
from typing import Any

import httpx
import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from deploy.local.errors import CommandFailed
from deploy.local.state import DEMO, DemoKey, StateFolder


async def ensure_demo(
    state: StateFolder, gateway_url: str, admin_key: str, origins: Sequence[str]
) -> None:
    """Makes it at the first start; later only its origins follow the gateway's port."""
    known = state.read(DEMO, DemoKey)
    if known is not None and known.allowed_origins == list(origins):
        return
    headers = {"authorization": f"Bearer {admin_key}"}
    async with httpx.AsyncClient(base_url=gateway_url, headers=headers, timeout=30) as admin:
        made = await (_create(admin, origins) if known is None else _move(admin, known, origins))
    state.write(DEMO, made)


async def _create(admin: httpx.AsyncClient, origins: Sequence[str]) -> DemoKey:
    key, kid = generate_private_key(SECP256R1()), secrets.token_hex(8)
    to_jwk = jwt.algorithms.ECAlgorithm.to_jwk
    public = {**json.loads(to_jwk(key.public_key())), "kid": kid, "alg": "ES256"}
    private = {**json.loads(to_jwk(key)), "kid": kid, "alg": "ES256"}
    issuer, audience = f"urn:stackwise:demo:{kid}", "stackwise"
    identity = {
        "issuer": issuer,
        "audience": audience,
        "algorithms": ["ES256"],
        "jwks": {"keys": [public]},
    }
    body = {"name": "Northlight Jobs", "allowed_origins": list(origins), "identities": [identity]}
    made = _body(await admin.post("/v1/partners", json=body))
    id, publishable = made["partner"]["id"], made["publishable_key"]
    return DemoKey(id, publishable, issuer, audience, private, list(origins))


async def _move(admin: httpx.AsyncClient, known: DemoKey, origins: Sequence[str]) -> DemoKey:
    changed = {"allowed_origins": list(origins)}
    _body(await admin.patch(f"/v1/partners/{known.partner_id}", json=changed))
    return msgspec.structs.replace(known, allowed_origins=list(origins))


def _body(answer: httpx.Response) -> dict[str, Any]:
    if answer.is_error:
        raise CommandFailed(f"{answer.request.url} answered {answer.status_code}: {answer.text}")
    body: dict[str, Any] = answer.json()
    return body
