"""`python -m libs.common.contracts write|check`: the committed JSON Schemas of the events."""

import json
from pathlib import Path

import typer
from rich.console import Console

from libs.common.contracts.schemas import breaking, current

FOLDER = Path(__file__).parent / "json_schemas"

app = typer.Typer(add_completion=False, help=__doc__)


@app.command()
def write() -> None:
    """Writes the schemas of the code; refuses a breaking change."""
    _refuse_breaking()
    FOLDER.mkdir(exist_ok=True)
    for name, schema in current().items():
        path = FOLDER / f"{name}.json"
        path.write_text(json.dumps(schema, indent=2, sort_keys=True) + "\n", "utf-8")


@app.command()
def check() -> None:
    """Fails unless the committed schemas are those of the code."""
    _refuse_breaking()
    differing = [name for name, schema in current().items() if committed(name) != schema]
    if differing:
        Console(stderr=True).print(f"Run `python -m libs.common.contracts write` for {differing}.")
        raise typer.Exit(1)


def committed(name: str) -> dict[str, object] | None:
    """The committed schema of an event type; None when there is none yet."""
    path = FOLDER / f"{name}.json"
    if not path.is_file():
        return None
    schema: dict[str, object] = json.loads(path.read_text("utf-8"))
    return schema


def _refuse_breaking() -> None:
    found = [
        f"{name}{fault}"
        for name, schema in current().items()
        if (old := committed(name)) is not None
        for fault in breaking(old, schema)
    ]
    if found:
        Console(stderr=True).print("\n".join(["Breaking changes need a new topic:", *found]))
        raise typer.Exit(1)


if __name__ == "__main__":
    app()
