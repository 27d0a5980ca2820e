"""Commands about the trainer: run it, list its models, go back to one."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from libs.common.settings import ProcessSettings, load
from libs.common.web import run
from services.recommender.model.store import ModelStore, Version
from services.recommender.trainer import app
from services.recommender.trainer.settings import Settings

SHOWN = (
    "recall_at_20",
    "ndcg_at_20",
    "popularity_recall_at_20",
    "learners",
    "credentials",
    "seconds",
)


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
    """List the stored models with what their quick check found; the one in force is marked."""
    store = ModelStore(load(StoreSettings).model_store)
    current = store.current()
    table = Table("", "version", "trained", *SHOWN)
    for version in store.versions():
        mark = "*" if current is not None and version.version == current.version else ""
        found = [f"{version.metrics[name]:g}" if name in version.metrics else "–" for name in SHOWN]
        table.add_row(mark, version.version, f"{version.trained_at:%Y-%m-%d %H:%M:%S}", *found)
    Console().print(table)


def rollback(
    version: Annotated[
        str | None, typer.Argument(help="The one before the current by default.")
    ] = None,
) -> None:
    """Ask the running trainer to announce an earlier model."""
    store = ModelStore(load(StoreSettings).model_store)
    stored = store.versions()
    wanted = version or _before(store.current(), stored)
    if wanted not in {each.version for each in stored}:
        raise typer.BadParameter(
            f"there is no model {wanted}" if wanted else "there is no earlier model"
        )
    store.ask_rollback(wanted)
    Console().print(f"The trainer will announce [bold]{wanted}[/bold] within seconds.")


def _before(current: Version | None, stored: list[Version]) -> str | None:
    """The newest that is older than the current one."""
    names = [version.version for version in stored]
    if current is None or current.version not in names:
        return None
    older = names[names.index(current.version) + 1 :]
    return older[0] if older else None
