"""`python -m deploy.manifests write | check | secrets | job`: what is made from the code, and whether it is what is committed."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
import yaml

from deploy.manifests import kafka
from deploy.manifests.job import job
from deploy.manifests.secrets import drawn

STRIMZI = Path(__file__).parents[1] / "kubernetes" / "components" / "strimzi"
HEAD = "# Made from libs/common/contracts/topics.py by `python -m deploy.manifests write`.\n"

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)


def made() -> dict[Path, str]:
    """The generated files."""
    return {
        STRIMZI / "topics.yaml": HEAD + _text(kafka.topics()),
        STRIMZI / "users.yaml": HEAD + _text(kafka.users()),
    }


@app.command()
def write() -> None:
    """Writes the generated files."""
    for path, text in made().items():
        path.write_text(text)


@app.command()
def check() -> None:
    """Fails, naming them, when committed files are not what the code makes."""
    stale = [str(path) for path, text in made().items() if path.read_text() != text]
    if stale:
        typer.echo(
            f"not what `python -m deploy.manifests write` makes: {' '.join(stale)}", err=True
        )
        raise typer.Exit(1)


@app.command()
def secrets(namespace: Annotated[str, typer.Option()] = "stackwise") -> None:
    """Prints new random secrets, for `kubectl create -f -`; once per installation."""
    typer.echo(_text(drawn(namespace)), nl=False)


@app.command("job", context_settings={"ignore_unknown_options": True})
def print_job(
    words: Annotated[list[str], typer.Argument(help="The command and its options.")],
) -> None:
    """Reads a process's Deployment (`kubectl get -o json`) and prints a Job that runs one of its commands, for `kubectl create -f -`."""
    try:
        made = job(json.load(sys.stdin), words)
    except ValueError as wrong:
        typer.echo(str(wrong), err=True)
        raise typer.Exit(1) from wrong
    typer.echo(_text([made]), nl=False)


def _text(manifests: list[kafka.Manifest]) -> str:
    return yaml.safe_dump_all(manifests, sort_keys=False)


if __name__ == "__main__":
    app()
