"""The dump, and what happens when the database goes away."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import make_url

from deploy.local.ports import free_port
from deploy.local.proxy import Proxy, proxy
from libs.common.contracts.catalog import SkillBody
from libs.common.contracts.topics import BY_NAME
from libs.common.database import make_engine
from libs.common.health import Health
from libs.common.web import create_app
from services.catalog.app import routes
from services.catalog.domain.kinds import SKILL
from services.catalog.store import PostgresStore
from services.catalog.usecases.exporting import ExportFormat, exported
from tests.support.waiting import until
from tests.unit.catalog.bodies import credential


async def test_the_dump_holds_every_snapshot_once(
    api: httpx.AsyncClient, store: PostgresStore
) -> None:
    """More rows than one batch, retired ones too, each the value of its topic as a GET answers it."""
    async with store.begin() as unit:
        await unit.put_many(SKILL, {f"s{n}": SkillBody(name=f"Skill {n}") for n in range(1_101)})
    await api.put("/credentials/c1", json=credential())
    await api.delete("/credentials/c1")
    await api.put("/occupations/o1", json={"name": "Welder"})
    await api.put("/regulations/o1/US", json={"status": "regulated"})
    await api.put("/demand/US/o1", json={"postings": 1, "as_of": "2026-01-01T00:00:00Z"})
    answer = await api.get("/dump")
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    lines = [json.loads(line) for line in answer.content.splitlines()]
    assert len(lines) == 1_101 + 4
    seen = {(line["topic"], json.dumps(line["value"], sort_keys=True)) for line in lines}
    assert len(seen) == len(lines)
    assert {line["topic"] for line in lines} <= BY_NAME.keys()
    snapshots = [line["value"] for line in lines if line["topic"] == "catalog.credential.v1"]
    assert snapshots == [(await api.get("/credentials/c1")).json()]


async def test_linked_data_is_whole_and_says_each_thing_once(
    api: httpx.AsyncClient, store: PostgresStore
) -> None:
    """Each credential that is for everybody, its issuer once; skills by their names; no credential is an empty graph."""
    assert json.loads(await file_of(store, "ctdl"))["@graph"] == []
    await api.put("/skills/s1", json={"name": "Knots"})
    issuer = {"id": "https://i.example", "name": "College"}
    for own_id, more in (("c1", {}), ("c2", {}), ("theirs", {"audience": ["p"]})):
        body = {**credential(), "issuer": issuer, "skills": [{"id": "s1"}], **more}
        await api.put(f"/credentials/{own_id}", json=body)
    graph = json.loads(await file_of(store, "ctdl"))["@graph"]
    assert [each["@id"] for each in graph] == ["c1", "https://i.example", "c2"]
    linked = json.loads(await file_of(store, "schema.org"))["@graph"]
    badges = [e for e in linked if e["@type"] == "EducationalOccupationalCredential"]
    assert [each["competencyRequired"][0]["name"] for each in badges] == ["Knots", "Knots"]


async def file_of(store: PostgresStore, format: ExportFormat) -> bytes:
    return b"".join([part async for part in exported(store, format)])


@pytest.fixture
async def between(database_url: str) -> AsyncIterator[Proxy]:
    port = make_url(database_url).port
    assert port is not None
    async with proxy(free_port(), port) as between:
        yield between


@pytest.fixture
async def far_api(database_url: str, between: Proxy) -> AsyncIterator[httpx.AsyncClient]:
    """The api behind a proxy to its database."""
    url = make_url(database_url).set(host="127.0.0.1", port=between.port)
    engine = make_engine(url.render_as_string(hide_password=False))
    app = create_app(routes=routes(PostgresStore(engine)), health=Health())
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://catalog") as client:
        yield client
    await engine.dispose()


async def test_without_its_database_every_call_is_503_until_it_is_back(
    far_api: httpx.AsyncClient, between: Proxy
) -> None:
    """Reads and writes alike, with Retry-After; then everything works without a restart."""
    assert (await far_api.put("/credentials/c1", json=credential())).status_code == 201
    await between.sever()
    for method, path, body in (
        ("PUT", "/credentials/c1", credential(name="New")),
        ("GET", "/credentials/c1", None),
        ("DELETE", "/credentials/c1", None),
        ("GET", "/credentials?q=python", None),
        ("GET", "/dump", None),
    ):
        refused = await far_api.request(method, path, json=body)
        assert (refused.status_code, refused.json()["code"]) == (503, "unavailable"), path
        assert int(refused.headers["retry-after"]) > 0
    await between.open()
    back = await until(
        lambda: far_api.get("/credentials/c1"), lambda answer: answer.status_code == 200
    )
    assert back.json()["revision"] == 1
