"""Backing a stack up and restoring it, as deploy/README.md has operators do it."""

import asyncio
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from deploy.local.services import STORING
from deploy.local.stack import Stack

FOLDERS = ("scratch-trainer", "models")
"""The trainer's archive, and the model store."""


async def back_up(stack: Stack, to: Path) -> None:
    """A dump of each database, and the trainer's and the model store's folders."""
    for name in STORING:
        file = f"--file={to / name}.dump"
        await _postgres(stack, "pg_dump", "--format=custom", file, f"--dbname={_url(stack, name)}")
    for folder in FOLDERS:
        shutil.copytree(stack.state.folder(folder), to / folder)


async def destroy(stack: Stack) -> None:
    """The databases, the archive and the models are gone; their processes are down."""
    for name in STORING:
        await _postgres(stack, "dropdb", f"--maintenance-db={stack.databases['postgres']}", name)
    for folder in FOLDERS:
        for entry in _entries(stack, folder):
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


async def restore(stack: Stack, source: Path) -> None:
    """Everything as it was when it was backed up."""
    for name in STORING:
        await _postgres(stack, "createdb", f"--maintenance-db={stack.databases['postgres']}", name)
        dump = str(source / f"{name}.dump")
        await _postgres(
            stack, "pg_restore", "--exit-on-error", f"--dbname={_url(stack, name)}", dump
        )
    for folder in FOLDERS:
        shutil.copytree(source / folder, stack.state.folder(folder), dirs_exist_ok=True)


def _entries(stack: Stack, folder: str) -> Iterator[Path]:
    return iter(list(stack.state.folder(folder).iterdir()))


def _url(stack: Stack, name: str) -> str:
    return stack.databases[name].replace("+asyncpg", "")


async def _postgres(stack: Stack, program: str, *words: str) -> None:
    """Runs one of PostgreSQL's own programs, those beside the running server."""
    command = stack.processes["postgres"].program.command[0]
    process = await asyncio.create_subprocess_exec(
        str(Path(command).with_name(program)),
        *words,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ,
    )
    _, errors = await process.communicate()
    assert process.returncode == 0, f"{program}: {errors.decode()}"
