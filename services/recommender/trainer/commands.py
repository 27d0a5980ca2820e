"""Commands about the trainer: run it, list its models, go back to one."""

from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Column, Table

from libs.common.settings import ProcessSettings, load
from libs.common.web import run
from services.recommender.model.store import ModelStore, Version
from services.recommender.trainer import app
from services.recommender.trainer.promotion import PARKED
from services.recommender.trainer.settings import Settings

SHOWN = ("recall_at_20", "ndcg_at_20", "live_ndcg_at_20", "learners")


class StoreSettings(ProcessSettings):
    """`model_store`: a directory or fsspec url."""

    model_store: str


def register(cli: typer.Typer) -> None:
    """Adds the commands."""
    cli.command()(trainer)
    cli.command()(models)
    cli.command()(rollback)


def trainer() -> None:
    """Keep the model: read every learner's events, train, announce."""
    run(app.main(load(Settings)))


def models() -> None:
    """List the stored models, named after the time of their data: which is in force, which were parked as worse, and what was found of each."""
    store = ModelStore(load(StoreSettings).model_store)
    current = store.current()
    table = Table(
        Column("version", no_wrap=True), "state", *SHOWN, "change of NDCG@20", box=box.SIMPLE
    )
    for version in store.versions():
        found = [f"{version.metrics[name]:g}" if name in version.metrics else "–" for name in SHOWN]
        table.add_row(version.version, _state(version, current), *found, _change(version))
    Console().print(table)


def _state(version: Version, current: Version | None) -> str:
    if current is not None and version.version == current.version:
        return "in force"
    return "parked" if _parked(version) else "earlier"


def _parked(version: Version) -> bool:
    return PARKED in version.metrics


def _change(version: Version) -> str:
    """Against the model that was in use, on questions that neither had learned from."""
    found = version.metrics
    if not found.get("compared_questions"):
        return "–"
    change = found["challenger_ndcg_at_20"] - found["incumbent_ndcg_at_20"]
    interval = f"[{found['change_low']:+.4f}, {found['change_high']:+.4f}]"
    return f"{change:+.4f} {interval} of {found['compared_questions']:g}"


def rollback(
    version: Annotated[
        str | None, typer.Argument(help="The one in force before by default.")
    ] = None,
) -> None:
    """Ask the running trainer to announce an earlier model."""
    store = ModelStore(load(StoreSettings).model_store)
    stored = {each.version: each for each in store.versions()}
    good = (name for name in store.before() if name in stored and not _parked(stored[name]))
    wanted = version or next(good, None)
    if wanted not in stored:
        raise typer.BadParameter(
            f"there is no model {wanted}" if wanted else "there is no earlier model"
        )
    store.ask_rollback(wanted)
    Console().print(f"The trainer will announce [bold]{wanted}[/bold] within seconds.")
