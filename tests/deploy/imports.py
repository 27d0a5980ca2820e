"""Which distributions a service's code imports, itself or through libs: what its image has to hold."""

import ast
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[2]
OURS = ("libs", "services")
# Commands that every image has beside its service's own.
COMMANDS = ("libs/common/dead_letters.py", "libs/common/kafka/__main__.py")
# Loaded by name: SQLAlchemy's driver, fsspec's S3.
BY_NAME = {"sqlalchemy": "asyncpg", "fsspec": "s3fs"}
# What an installation adds to its image if it wants it (requirements-spark.lock).
EXTRAS = {"pyspark", "pyarrow"}


def distributions(service: str) -> list[str]:
    """The names on the package index, in its spelling."""
    todo = [*(ROOT / "services" / service).rglob("*.py"), *(ROOT / name for name in COMMANDS)]
    seen: set[Path] = set()
    tops: set[str] = set()
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        for module in _imported(path):
            if module.split(".")[0] in OURS:
                todo += _files(module)
            else:
                tops.add(module.split(".")[0])
    known = packages_distributions()
    names = {spelt(known[top][0]) for top in tops - sys.stdlib_module_names - EXTRAS}
    return sorted(names | {BY_NAME[name] for name in names & BY_NAME.keys()})


def spelt(name: str) -> str:
    """A distribution's name as the index normalises it."""
    return name.lower().replace("_", "-").replace(".", "-")


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _files(module: str) -> list[Path]:
    """A module's file and those of the packages above it."""
    parts = module.split(".")
    packages = [ROOT.joinpath(*parts[:n], "__init__.py") for n in range(1, len(parts) + 1)]
    found = [*packages, ROOT.joinpath(*parts).with_suffix(".py")]
    return [path for path in found if path.exists()]
