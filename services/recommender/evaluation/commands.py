"""`python -m services.recommender evaluate | tune`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from libs.common.errors import InvalidRequest, StackwiseError

WIDTH = 130


def register(cli: typer.Typer) -> None:
    """Adds the commands. What they need is imported when they run, so that no other process pays for it."""
    cli.command()(evaluate)
    cli.command()(tune)


File = Annotated[
    Path,
    typer.Argument(
        exists=True,
        dir_okay=False,
        help="CSV or tab separated, .gz or not: learner_id, credential_id, kind?, occurred_at? "
        "(RFC 3339 or Unix). Without a clock a learner's rows are in time order.",
    ),
]
ProtocolName = Annotated[
    Literal["prequential", "leave-last-out"], typer.Option(help="See README.md.")
]
Columns = Annotated[str, typer.Option(help="ours=theirs,…: what the files call our columns.")]
CatalogFile = Annotated[
    Path | None,
    typer.Option(
        exists=True,
        dir_okay=False,
        help="credential_id, skills?, category?, level?, language?, cost? (USD); lists split by |.",
    ),
]
Share = Annotated[float, typer.Option(min=0.01, max=0.99, help="What prequential trains on first.")]
Limit = Annotated[int | None, typer.Option(min=1, help="Only so many learners, drawn at random.")]


def evaluate(
    file: File,
    protocol: ProtocolName,
    columns: Columns = "",
    catalog: CatalogFile = None,
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="The length of a list.")] = 20,
    models: Annotated[str, typer.Option(help="Only these, split by commas.")] = "",
    share: Share = 0.7,
    limit: Limit = None,
    settings: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A file that `tune` wrote.")
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
        settings=settings,
        json=json,
        plot=plot,
    )
    with _told():
        run(options, console())


def tune(
    file: File,
    protocol: ProtocolName,
    settings: Annotated[Path, typer.Option(help="The settings file to write.")],
    columns: Columns = "",
    catalog: CatalogFile = None,
    share: Share = 0.7,
    limit: Limit = None,
) -> None:
    """Choose the model's settings on the first part of recorded interactions.

    The trainer reads the file that STACKWISE_TRAIN_SETTINGS names.
    """
    from services.recommender.evaluation.session import Options, run_tuning

    options = Options(
        file=file,
        protocol=protocol,
        columns=columns,
        catalog=catalog,
        share=share,
        limit=limit,
        settings=settings,
    )
    with _told():
        run_tuning(options, console())


@contextmanager
def _told() -> Iterator[None]:
    """A refusal becomes a line and an exit code."""
    try:
        yield
    except StackwiseError as error:
        Console(stderr=True).print(str(error), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(2 if isinstance(error, InvalidRequest) else 1) from error


def console() -> Console:
    """A file or a pipe has no width of its own: wide enough for the tables."""
    console = Console()
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = WIDTH
    return console
