"""Partners and keys in PostgreSQL, and the commands that make them."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from deploy.local.embedded.postgres import Postgres
from libs.common.database import make_engine
from libs.common.errors import Conflict, InvalidRequest, NotFound
from libs.common.migrations import migrate
from services.gateway.auth import keys, origins
from services.gateway.store.partners import PartnerStore
from tests.unit.gateway.test_tokens import identity

MIGRATIONS = Path("services/gateway/migrations")


@pytest.fixture(scope="module")
async def database(postgres: Postgres) -> str:
    url = await postgres.create_database("gateway")
    await migrate(url, MIGRATIONS)
    return url


@pytest.fixture
async def store(database: str) -> AsyncIterator[PartnerStore]:
    engine = make_engine(database)
    yield PartnerStore(engine)
    await engine.dispose()


async def test_a_key_leads_to_its_partner_until_it_is_revoked(store: PartnerStore) -> None:
    """With the partner's origins as they are now."""
    key, record = keys.mint("publishable")
    await store.create("p1", "One", ["https://a.example"], [record])
    found = await store.find_key(record.prefix)
    assert found is not None
    assert keys.matches(keys.digest(key), found[0])
    assert (found[1].partner_id, found[1].kind) == ("p1", "publishable")
    assert found[1].allowed_origins == {"https://a.example"}
    await store.set_origins("p1", ["https://b.example"])
    found = await store.find_key(record.prefix)
    assert found is not None
    assert found[1].allowed_origins == {"https://b.example"}
    await store.revoke_key(record.prefix)
    await store.revoke_key(record.prefix)
    assert await store.find_key(record.prefix) is None


async def test_two_secret_keys_are_in_force_at_most(store: PartnerStore) -> None:
    """One may be added for rotation, a third not before one is revoked, even at the same moment."""
    first = keys.mint("secret")[1]
    await store.create("p2", "Two", [], [first])
    added = await asyncio.gather(
        *(store.add_key(keys.mint("secret")[1], "p2") for _ in range(4)), return_exceptions=True
    )
    assert sum(isinstance(each, Conflict) for each in added) == 3
    await store.revoke_key(first.prefix)
    await store.add_key(keys.mint("secret")[1], "p2")
    assert len([key for key in (await store.get("p2")).keys if key.revoked_at is None]) == 2


async def test_a_partner_is_created_once(store: PartnerStore) -> None:
    """Its id taken: a conflict, and the keys of the second attempt are not made."""
    record = keys.mint("secret")[1]
    await store.create("p3", "Three", [], [])
    with pytest.raises(Conflict):
        await store.create("p3", "Three again", [], [record])
    assert await store.find_key(record.prefix) is None


async def test_what_is_not_there_is_not_found(store: PartnerStore) -> None:
    """Unknown partners and keys."""
    for attempt in (
        store.get("nobody"),
        store.set_origins("nobody", []),
        store.revoke_key("sk_nothing"),
        store.add_key(keys.mint("secret")[1], "nobody"),
    ):
        with pytest.raises(NotFound):
            await attempt


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://Jobs.Example", "https://jobs.example"),
        ("https://jobs.example:443/", "https://jobs.example"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://jobs.example:80", "http://jobs.example"),
        ("http://[::1]:9000", "http://[::1]:9000"),
    ],
)
def test_an_origin_is_kept_as_browsers_send_it(given: str, kept: str) -> None:
    """Lower case, without the scheme's own port and without a path."""
    assert origins.normal(given) == kept


@pytest.mark.parametrize(
    "given", ["jobs.example", "*", "https://", "https://a.example/path", "null"]
)
def test_what_no_browser_sends_is_no_origin(given: str) -> None:
    """A wildcard would allow what nobody meant."""
    with pytest.raises(InvalidRequest):
        origins.normal(given)


def command(database: str, *words: str) -> Any:
    """What a command prints as JSON; raises CalledProcessError."""
    done = subprocess.run(
        [sys.executable, "-m", "services.gateway", "partners", *words, "--json"],
        env={**os.environ, "STACKWISE_POSTGRES_URL": database},
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )
    return json.loads(done.stdout)


async def test_the_commands_make_keys_that_work(
    database: str, store: PartnerStore, tmp_path: Path
) -> None:
    """Create, list, add, revoke, origins, identities, the audit log, and the administrator's key; a key is shown once."""

    async def run(*words: str) -> Any:
        return await asyncio.to_thread(command, database, *words)

    made = await run("create", "Jobs", "--id", "jobs", "--origin", "https://Jobs.example")
    assert made["allowed_origins"] == ["https://jobs.example"]
    for kind in ("publishable", "secret"):
        key = made[f"{kind}_key"]
        found = await store.find_key(str(keys.prefix(key)))
        assert found is not None
        assert keys.matches(keys.digest(key), found[0])
        assert (found[1].kind, found[1].partner_id) == (kind, "jobs")
    added = await run("key", "add", "jobs", "--kind", "secret")
    await run("key", "revoke", added["prefix"])
    assert await store.find_key(added["prefix"]) is None
    await run("origins", "set", "jobs", "https://a.example", "https://b.example")
    assert (await run("origins", "list", "jobs"))["allowed_origins"] == [
        "https://a.example",
        "https://b.example",
    ]
    admin = await run("admin-key")
    found = await store.find_key(admin["prefix"])
    assert found is not None
    assert (found[1].kind, found[1].partner_id) == ("admin", None)
    listed = json.dumps(await run("list"))
    assert added["prefix"] in listed
    assert added["key"] not in listed
    signing = tmp_path / "identities.json"
    signing.write_text(json.dumps([msgspec.to_builtins(identity())]))
    await run("identities", "set", "jobs", str(signing))
    assert [each.partner_id for each in await store.find_signers(identity().issuer)] == ["jobs"]
    entry = (await run("audit", "--limit", "1"))[0]
    assert (entry["action"], entry["target"]) == ("partner.change", "jobs")
    assert entry["actor"].startswith("command ")
    with pytest.raises(subprocess.CalledProcessError) as refused:
        await run("create", "Again", "--id", "jobs")
    assert refused.value.returncode == 1
    assert "exists" in refused.value.stderr
