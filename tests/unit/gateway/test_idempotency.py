"""`Idempotency-Key` on writes that have no name of their own, on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.local.embedded.postgres import Postgres
from libs.common.database import make_engine, writing
from libs.common.migrations import migrate
from services.gateway.assembly import assemble
from services.gateway.auth import keys
from services.gateway.store.partners import PartnerStore
from tests.unit.gateway.test_partner_routes import MIGRATIONS
from tests.unit.gateway.world import World


class Office(NamedTuple):
    """An administrator's client, its key, and the database below."""

    http: httpx.AsyncClient
    key: str
    engine: AsyncEngine
    store: PartnerStore

    async def post(self, path: str, name: str | None, /, **body: Any) -> httpx.Response:
        headers = {} if name is None else {"idempotency-key": name}
        return await self.http.post(f"/v1/partners{path}", json=body, headers=headers)


@pytest.fixture(scope="module")
async def database(postgres: Postgres) -> str:
    url = await postgres.create_database("idempotency")
    await migrate(url, MIGRATIONS)
    return url


@pytest.fixture
async def office(database: str, world: World) -> AsyncIterator[Office]:
    engine = make_engine(database)
    store = PartnerStore(engine)
    key, record = keys.mint("admin")
    await store.add_key(record, None)
    transport = httpx.ASGITransport(
        app=assemble(world.outside._replace(keys=store, partners=store))
    )
    headers = {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://gateway", headers=headers
    ) as http:
        yield Office(http, key, engine, store)
    await engine.dispose()


async def test_the_same_again_is_answered_as_before(office: Office) -> None:
    """Byte by byte, keys included, and nothing is made a second time, however often it is sent at once."""
    names = {partner.id for partner in await office.store.list()}
    answers = await asyncio.gather(*(office.post("", "create-1", name="Jobs") for _ in range(5)))
    answers.append(await office.post("", "create-1", name="Jobs", allowed_origins=[]))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert all(answer.headers["cache-control"] == "no-store" for answer in answers)
    made = answers[0].json()
    assert {partner.id for partner in await office.store.list()} == names | {made["partner"]["id"]}
    path = f"/{made['partner']['id']}/keys"
    key, same = [await office.post(path, "key-1", kind="secret") for _ in range(2)]
    assert (key.status_code, key.content) == (201, same.content)
    shown = await office.store.get(made["partner"]["id"])
    assert len(shown.keys) == 3
    reading = {"authorization": f"Bearer {same.json()['key']}"}
    assert (await office.http.get("/v1/skills", headers=reading)).status_code == 200


async def test_another_request_under_the_same_key_is_409(office: Office) -> None:
    """Another body or another path; nothing is done. Without a key each is a request of its own."""
    first = await office.post("", "create-2", name="One")
    other = await office.post("", "create-2", name="Two")
    assert (other.status_code, other.json()["code"]) == (409, "conflict")
    elsewhere = await office.post(f"/{first.json()['partner']['id']}/keys", "create-2")
    assert elsewhere.status_code == 409
    assert "Two" not in [partner.name for partner in await office.store.list()]
    twice = [await office.post("", None, name="Three") for _ in range(2)]
    assert twice[0].json()["partner"]["id"] != twice[1].json()["partner"]["id"]


async def test_what_was_refused_may_be_tried_again(office: Office) -> None:
    """Only what was done is remembered: a refusal leaves nothing, not even half of a partner."""
    await office.post("", None, name="Taken", id="taken")
    refused = await office.post("", "create-3", name="Again", id="taken")
    assert refused.status_code == 409
    assert (await office.post("", "create-3", name="Again", id="free")).status_code == 201
    invalid = await office.post("", "create-4", name="")
    assert invalid.status_code == 400
    assert (await office.post("", "create-4", name="Fine")).status_code == 201


async def test_a_key_is_its_callers_own(office: Office) -> None:
    """Another administrator's same name is another request, and reads nothing of the first."""
    first = await office.post("", "shared", name="Mine")
    key, record = keys.mint("admin")
    await office.store.add_key(record, None)
    headers = {"authorization": f"Bearer {key}", "idempotency-key": "shared"}
    second = await office.http.post("/v1/partners", json={"name": "Mine"}, headers=headers)
    assert second.status_code == 201
    assert second.json()["secret_key"] != first.json()["secret_key"]


async def test_no_key_can_be_read_from_the_database(office: Office) -> None:
    """Neither the keys that were shown nor the one they were asked for with."""
    made = (await office.post("", "create-5", name="Jobs")).json()
    async with writing(office.engine) as connection:
        rows = (await connection.execute(text("SELECT caller, name, answer FROM receipt"))).all()
    kept = b"".join(bytes(row.answer) + row.caller.encode() for row in rows)
    assert "create-5" in {row.name for row in rows}
    for secret in (made["secret_key"], made["publishable_key"], office.key):
        assert secret[13:].encode() not in kept


async def test_a_key_is_forgotten_after_a_day(office: Office) -> None:
    """Then it is a new request; until then it is not, whatever else is asked."""
    first = await office.post("", "create-6", name="Jobs")
    await _age(office.engine, "23 hours 59 minutes")
    assert (await office.post("", "create-6", name="Jobs")).content == first.content
    await _age(office.engine, "2 minutes")
    second = await office.post("", "create-6", name="Jobs")
    assert second.status_code == 201
    assert second.json()["partner"]["id"] != first.json()["partner"]["id"]


async def _age(engine: AsyncEngine, by: str) -> None:
    statement = text(f"UPDATE receipt SET created_at = created_at - interval '{by}'")
    async with writing(engine) as connection:
        await connection.execute(statement)


@pytest.mark.parametrize("name", ["", "a" * 256, "é", "a\tb"])
async def test_a_key_that_cannot_be_kept_is_400(office: Office, name: str) -> None:
    """Printable ASCII, 255 characters at most."""
    headers = {"idempotency-key": name.encode()}
    answer = await office.http.post("/v1/partners", json={"name": "Never"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert "Never" not in [partner.name for partner in await office.store.list()]
