"""`python -m services.profile api | migrate | republish | expire | import-badges`."""

from typing import Annotated

import typer

from libs.common.settings import load
from libs.common.telemetry import configure
from libs.common.web import run, serve
from services.profile.commands import import_badges
from services.profile.settings import ApiSettings, RestoreSettings, StoreSettings

cli = typer.Typer(no_args_is_help=True, add_completion=False, help="The profile service.")
cli.command("import-badges")(import_badges)


@cli.command()
def api() -> None:
    """Serve learners and interactions, and publish what changes."""
    from services.profile.app import api_app

    settings = load(ApiSettings)
    configure("profile", "api", settings)
    run(serve(api_app(settings), settings))


@cli.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    from services.profile.app import migrate_database

    run(migrate_database(_store_settings("migrate")))


@cli.command()
def republish(
    restored: Annotated[
        bool,
        typer.Option(
            help="PostgreSQL was restored: first take back what the topic has that is newer. Before the api starts."
        ),
    ] = False,
) -> None:
    """Have the api process send the snapshot of every learner again."""
    from services.profile.app import republish_learners, take_back_learners

    if not restored:
        run(republish_learners(_store_settings("republish")))
        return
    settings = load(RestoreSettings)
    configure("profile", "republish", settings)
    run(take_back_learners(settings))


@cli.command()
def expire() -> None:
    """Forget the ids of learners erased 30 days ago; the api process does so daily."""
    from services.profile.app import expire_erased

    run(expire_erased(_store_settings("expire")))


def _store_settings(process: str) -> StoreSettings:
    settings = load(StoreSettings)
    configure("profile", process, settings)
    return settings


if __name__ == "__main__":
    cli()
