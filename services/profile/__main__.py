"""`python -m services.profile api | migrate | republish | expire | import-badges`."""

import typer

from libs.common.settings import load
from libs.common.telemetry import configure
from libs.common.web import run, serve
from services.profile.commands import import_badges
from services.profile.settings import ApiSettings, StoreSettings

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
def republish() -> None:
    """Have the api process send the snapshot of every learner again."""
    from services.profile.app import republish_learners

    run(republish_learners(_store_settings("republish")))


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
