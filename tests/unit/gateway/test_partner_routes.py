"""Administration of partners over HTTP, on PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local.embedded.postgres import Postgres
from libs.common.database import make_engine
from libs.common.migrations import migrate
from services.gateway.assembly import assemble
from services.gateway.auth import keys
from services.gateway.store.partners import PartnerStore
from tests.unit.gateway.test_tokens import identity, token
from tests.unit.gateway.world import World

MIGRATIONS = Path("services/gateway/migrations")


@pytest.fixture(scope="module")
async def database(postgres: Postgres) -> str:
    url = await postgres.create_database("partner_routes")
    await migrate(url, MIGRATIONS)
    return url


@pytest.fixture
async def store(database: str) -> AsyncIterator[PartnerStore]:
    engine = make_engine(database)
    yield PartnerStore(engine)
    await engine.dispose()


@pytest.fixture
async def admin(store: PartnerStore, world: World) -> AsyncIterator[httpx.AsyncClient]:
    key, record = keys.mint("admin")
    await store.add_key(record, None)
    app = assemble(world.outside._replace(keys=store, partners=store))
    headers = {"authorization": f"Bearer {key}"}
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://gateway", headers=headers
    ) as client:
        yield client


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


async def create(admin: httpx.AsyncClient, **parts: Any) -> Any:
    answer = await admin.post("/v1/partners", json={"name": "Jobs", **parts})
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()


async def test_a_partner_is_made_changed_and_shown(admin: httpx.AsyncClient) -> None:
    """Its keys work at once and are shown once; a change leaves what it does not name; a limit of null is the
    default again."""
    made = await create(admin, allowed_origins=["https://Jobs.example:443"])
    partner_id = made["partner"]["id"]
    assert made["partner"]["allowed_origins"] == ["https://jobs.example"]
    seen = await admin.get("/v1/skills", headers=bearer(made["secret_key"]))
    assert seen.status_code == 200
    changed = await admin.patch(f"/v1/partners/{partner_id}", json={"requests_per_second": 7})
    assert changed.json()["requests_per_second"] == 7
    assert changed.json()["allowed_origins"] == ["https://jobs.example"]
    shown = await admin.get(f"/v1/partners/{partner_id}")
    assert shown.json() == changed.json()
    listed = await admin.get("/v1/partners")
    assert shown.json() in listed.json()["items"]
    assert made["secret_key"] not in listed.text
    again = await admin.patch(f"/v1/partners/{partner_id}", json={"requests_per_second": None})
    assert again.json()["requests_per_second"] is None
    assert again.json()["name"] == "Jobs"


async def test_a_key_is_rotated(admin: httpx.AsyncClient) -> None:
    """A second is added, a third is refused until one is revoked; another partner's is not found."""
    made = await create(admin, id="rotating")
    other = await create(admin, id="another")
    second = await admin.post("/v1/partners/rotating/keys", json={"kind": "secret"})
    assert second.status_code == 201
    third = await admin.post("/v1/partners/rotating/keys", json={})
    assert (third.status_code, third.json()["code"]) == (409, "conflict")
    foreign = {"prefix": other["secret_key"][:13]}
    assert (await admin.delete("/v1/partners/rotating/keys", params=foreign)).status_code == 404
    old = {"prefix": made["secret_key"][:13]}
    assert (await admin.delete("/v1/partners/rotating/keys", params=old)).status_code == 200
    assert (await admin.get("/v1/skills", headers=bearer(made["secret_key"]))).status_code == 401
    assert (await admin.get("/v1/skills", headers=bearer(second.json()["key"]))).status_code == 200
    assert (await admin.post("/v1/partners/rotating/keys", json={})).status_code == 201


async def test_an_issuer_with_its_audience_is_one_partners(admin: httpx.AsyncClient) -> None:
    """A second partner cannot take it, nor may a private key be given; the first one's learners get in."""
    given = {
        "issuer": identity().issuer,
        "audience": identity().audience,
        "algorithms": ["ES256"],
        "jwks": identity().jwks,
    }
    await create(admin, id="signs", identities=[given])
    taken = await admin.post("/v1/partners", json={"name": "x", "identities": [given]})
    assert (taken.status_code, taken.json()["code"]) == (409, "conflict")
    jwks = {"keys": [{**given["jwks"]["keys"][0], "d": "AAAA"}]}
    private = await admin.patch(
        "/v1/partners/signs", json={"identities": [{**given, "jwks": jwks}]}
    )
    assert private.status_code == 400
    assert private.json()["errors"][0]["pointer"] == "/identities/0/jwks/keys/0"
    assert (await admin.get("/v1/learners/ada", headers=bearer(token()))).status_code == 404
    assert (await admin.patch("/v1/partners/signs", json={"identities": []})).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": "x", "allowed_origins": ["*"]},
        {"name": "x", "id": "a b"},
        {"name": "x", "requests_per_second": 0},
        {"name": "x", "colour": "red"},
    ],
)
async def test_a_wrong_partner_is_400_and_is_not_made(
    admin: httpx.AsyncClient, store: PartnerStore, body: dict[str, Any]
) -> None:
    """Nothing of it is kept."""
    before = await store.list()
    assert (await admin.post("/v1/partners", json=body)).status_code == 400
    assert await store.list() == before


async def test_every_change_is_in_the_audit_log(
    admin: httpx.AsyncClient, store: PartnerStore
) -> None:
    """Who, what and of whom; no key and no attempt that failed."""
    made = await create(admin, id="audited")
    await admin.post("/v1/partners", json={"name": "again", "id": "audited"})
    await admin.patch("/v1/partners/audited", json={"name": "Renamed"})
    entries = await store.audit(4)
    assert [entry.action for entry in entries] == [
        "partner.change",
        "key.create",
        "key.create",
        "partner.create",
    ]
    assert {entry.actor[:7] for entry in entries} == {"key ak_"}
    assert entries[0].details == {"name": "Renamed"}
    assert made["secret_key"] not in str(entries)
