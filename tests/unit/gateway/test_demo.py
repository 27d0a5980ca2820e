"""The sample job board: off unless set, and nothing secret in its pages."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import jwt
import msgspec
import pytest

from deploy.local.sample.fields import read
from services.gateway.assembly import assemble
from services.gateway.auth.identity import Signer
from services.gateway.demo.pages import jobs, people
from tests.unit.gateway.test_tokens import AUDIENCE, ISSUER, KEY, identity
from tests.unit.gateway.world import World

PAGES = ("/demo", "/demo/learner", *(f"/demo/jobs/{id}" for id in jobs()))
FILES = tuple(f"/demo/files/{n}" for n in ("demo.css", "draw.js", "learner.js", "stream.js"))


@pytest.fixture
async def board(world: World, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A gateway whose demo is on."""
    private = {**json.loads(jwt.algorithms.ECAlgorithm.to_jwk(KEY)), "kid": "k1", "alg": "ES256"}
    told = {"publishable_key": world.publishable, "issuer": ISSUER, "audience": AUDIENCE}
    path = tmp_path / "demo.json"
    path.write_bytes(msgspec.json.encode({**told, "private_jwk": private}))
    world.keys.signers.append(Signer("partner", frozenset(), identity()))
    app = assemble(world.outside._replace(demo=path))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        yield client


async def test_it_is_off_unless_set(nobody: httpx.AsyncClient) -> None:
    """Neither a page nor a token."""
    for path in (*PAGES, *FILES, "/demo/people"):
        assert (await nobody.get(path)).status_code == 404
    assert (await nobody.post("/demo/sessions/maria")).status_code == 404


async def test_pages_hold_no_secret_and_run_nothing_inline(board: httpx.AsyncClient) -> None:
    """No secret or administrator's key, no private key; a strict policy and no script but from a file."""
    private = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(KEY))["d"]
    for path in (*PAGES, *FILES, "/demo/people"):
        answer = await board.get(path)
        assert answer.status_code == 200
        assert not any(secret in answer.text for secret in ("sk_", "ak_", private, "innerHTML"))
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert "<script>" not in answer.text


async def test_a_session_opens_its_own_learner_only(world: World, board: httpx.AsyncClient) -> None:
    """The token is the demo partner's, for a learner whom nobody else has."""
    first, second = [(await board.post("/demo/sessions/maria")).json() for _ in range(2)]
    assert first["learner_id"] != second["learner_id"]
    headers = {"authorization": f"Bearer {first['token']}"}
    for made, status in ((first, 200), (second, 403)):
        world.register(made["learner_id"])
        answer = await board.get(f"/v1/learners/{made['learner_id']}", headers=headers)
        assert answer.status_code == status
    assert (await board.post("/demo/sessions/nobody")).status_code == 404


async def test_what_is_not_there_is_a_page(board: httpx.AsyncClient) -> None:
    """A job that is gone is said in HTML."""
    answer = await board.get("/demo/jobs/gone")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")


def test_jobs_and_people_are_of_the_sample_world() -> None:
    """Every occupation and skill that they name is in it."""
    fields = read()
    occupations = {each.id for each in fields.occupations}
    assert {job.occupation for job in jobs().values()} <= occupations
    for person in people().values():
        assert person["profile"]["target_occupation"] in occupations
        held = {skill["id"] for skill in person["profile"]["skills"]}
        assert held <= {skill.id for skill in fields.skills}
