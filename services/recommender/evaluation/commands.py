"""`python -m services.recommender evaluate`."""

import os
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from libs.common.errors import InvalidRequest, StackwiseError

WIDTH = 130


def register(cli: typer.Typer) -> None:
    """Adds the command. What it needs is imported when it runs, so that no other process pays for it."""
    cli.command()(evaluate)


def evaluate(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            help="CSV or tab separated, .gz or not: learner_id, credential_id, kind?, occurred_at? "
            "(RFC 3339 or Unix). Without a clock a learner's rows are in time order.",
        ),
    ],
    protocol: Annotated[
        Literal["prequential", "leave-last-out"], typer.Option(help="See README.md.")
    ],
    columns: Annotated[
        str, typer.Option(help="ours=theirs,…: what the files call our columns.")
    ] = "",
    catalog: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="credential_id, skills?, category?, level?, language?; lists split by |.",
        ),
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="The length of a list.")] = 20,
    models: Annotated[str, typer.Option(help="Only these, split by commas.")] = "",
    share: Annotated[
        float, typer.Option(min=0.01, max=0.99, help="What prequential trains on first.")
    ] = 0.7,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Only so many learners, drawn at random.")
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Write the report there.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw it there (PNG).")] = None,
) -> None:
    """Compare the deployed ranking with what one would use instead, on recorded interactions."""
    from services.recommender.evaluation.session import Options, run

    options = Options(
        file=file,
        protocol=protocol,
        columns=columns,
        catalog=catalog,
        k=k,
        models=[name.strip() for name in models.split(",") if name.strip()],
        share=share,
        limit=limit,
        json=json,
        plot=plot,
    )
    try:
        run(options, _console())
    except StackwiseError as error:
        Console(stderr=True).print(str(error), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(2 if isinstance(error, InvalidRequest) else 1) from error


def _console() -> Console:
    """A file or a pipe has no width of its own: wide enough for the tables."""
    console = Console()
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = WIDTH
    return console
