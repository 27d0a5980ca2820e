"""The committed OpenAPI documents: of the code as it is, and of the last release.

`python -m tests.support.openapi write` commits the code's; `release` makes it the last release's as well, and keeps the
widget as it is for the pages that pin it.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import typer

from services.gateway.compatibility import breaking
from services.gateway.openapi import document
from services.gateway.widget import files
from tests.unit.gateway.world import World

FOLDER = Path("services/gateway")
CURRENT, RELEASED = FOLDER / "openapi.json", FOLDER / "openapi.released.json"
cli = typer.Typer(add_completion=False, help=__doc__)


def made() -> dict[str, Any]:
    """The document of the code."""
    found: dict[str, Any] = json.loads(document(World().app))
    return found


def committed(path: Path) -> dict[str, Any]:
    """A committed document."""
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


@cli.command()
def write() -> None:
    """Commits the document of the code; refuses one that breaks the last release's."""
    if faults := breaking(committed(RELEASED), made()):
        raise SystemExit("\n".join(["This breaks partners of the last release:", *faults]))
    _write(CURRENT, made())


@cli.command()
def release() -> None:
    """Makes the document of the code that of the last release, without its examples, and keeps the widget of today."""
    _write(RELEASED, _bare(made()))
    kept = files.RELEASED / files.version_of(files.CURRENT)
    kept.mkdir(parents=True, exist_ok=True)
    for name in files.VERSIONED:
        shutil.copy(files.CURRENT / name, kept / name)


def _bare(part: Any) -> Any:
    if isinstance(part, dict):
        return {key: _bare(value) for key, value in part.items() if key != "example"}
    return [_bare(each) for each in part] if isinstance(part, list) else part


def _write(path: Path, document: dict[str, Any]) -> None:
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    cli()
