"""`python -m services.recommender fairness`."""

import asyncio
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from libs.common.errors import InvalidRequest, StackwiseError
from libs.common.settings import KafkaSettings, RedisSettings, load
from services.recommender.domain.fairness import FairnessReport
from services.recommender.evaluation.commands import console
from services.recommender.fairness import PUBLISHED


class FairnessSettings(KafkaSettings, RedisSettings):
    """`model_store`: where `--publish` puts the report."""

    model_store: str


def register(cli: typer.Typer) -> None:
    """Adds the command. What it needs is imported when it runs."""
    cli.command()(fairness)


def fairness(
    k: Annotated[int, typer.Option("-k", min=1, max=20, help="How many of each list count.")] = 10,
    currency: Annotated[str, typer.Option(help="Amounts in others are left out.")] = "USD",
    json: Annotated[Path | None, typer.Option(help="Write the report there.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw it there (PNG).")] = None,
    publish: Annotated[
        bool, typer.Option("--publish", help="Have the trainer export it as metrics.")
    ] = False,
) -> None:
    """Compare how well groups of learners are served; groups under 30 are not told."""
    from services.recommender.fairness.table import show

    settings = load(FairnessSettings)
    for output in filter(None, (json, plot)):
        if not output.parent.is_dir():
            raise typer.BadParameter(f"{output}: there is no folder {output.parent}")
    try:
        report = asyncio.run(_made(settings, k, currency))
    except StackwiseError as error:
        Console(stderr=True).print(str(error), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(2 if isinstance(error, InvalidRequest) else 1) from error
    show(console(), report)
    _write(report, settings, json, plot, publish=publish)


async def _made(settings: FairnessSettings, k: int, currency: str) -> FairnessReport:
    from services.recommender.fairness.making import make_report
    from services.recommender.store import Store, connect

    store = Store(connect(settings.redis_url, cluster=settings.redis_cluster))
    columns = SpinnerColumn(), TextColumn("{task.completed:,} learners"), TimeElapsedColumn()
    try:
        with Progress(*columns, console=Console(stderr=True)) as progress:
            task = progress.add_task("learners", total=None)
            return await make_report(
                settings,
                store,
                k=k,
                currency=currency,
                progress=lambda done: progress.update(task, completed=done),
            )
    finally:
        await store.close()


def _write(
    report: FairnessReport,
    settings: FairnessSettings,
    json: Path | None,
    plot: Path | None,
    *,
    publish: bool,
) -> None:
    raw = msgspec.json.format(msgspec.json.encode(report))
    if json is not None:
        json.write_bytes(raw)
    if plot is not None:
        from services.recommender.fairness.plots import plot as draw

        draw(report, plot)
    if publish:
        from services.recommender.model.store import ModelStore

        ModelStore(settings.model_store).put_note(PUBLISHED, raw)
