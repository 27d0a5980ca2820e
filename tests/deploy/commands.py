"""Which command lines of ours the code would refuse: `python -m tests.deploy.commands`, lines in, complaints out as JSON.

In the project's own environment. Each line is parsed by the command's own parser; nothing is run.
"""

import importlib
import json
import shlex
import sys
from importlib.util import find_spec
from typing import Any

import typer
from typer.core import TyperGroup

# What stands for something of the reader's.
PLACEHOLDERS = ("PARTITION", "OFFSET", "VERSION", "PARTNER", "PREFIX")


def complaint(line: str) -> str | None:
    """Why `MODULE WORDS…` is no command line; None where it is one."""
    module, *words = shlex.split(line)
    try:
        program = importlib.import_module(f"{module}.__main__" if _is_package(module) else module)
    except ImportError:
        return f"there is no {module}"
    command = typer.main.get_command(getattr(program, "cli", None) or program.app)
    words = ["1" if word in PLACEHOLDERS else word for word in words]
    try:
        _parse(command, words, None)
    except Exception as wrong:  # noqa: BLE001 - the parser's own class is private to typer
        return f"{line}: {wrong}"
    return None


def _is_package(module: str) -> bool:
    spec = find_spec(module)
    return spec is not None and spec.submodule_search_locations is not None


def _parse(command: Any, words: list[str], above: Any) -> None:
    context = command.make_context(command.name, words, parent=above)
    if isinstance(command, TyperGroup):
        _, below, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        _parse(below, rest, context)


if __name__ == "__main__":
    lines: list[str] = json.load(sys.stdin)
    json.dump([said for line in lines if (said := complaint(line))], sys.stdout)
