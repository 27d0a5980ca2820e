"""`python -m services.catalog api | migrate | import | check | export | republish`."""

import typer

from libs.common.migrations import migrate as upgrade
from libs.common.settings import load
from libs.common.telemetry import configure
from libs.common.web import run, serve
from services.catalog import commands
from services.catalog.app import MIGRATIONS, build_api
from services.catalog.settings import Settings, StoreSettings

cli = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The catalog service.",
)
cli.command("import")(commands.import_file)
cli.command("check")(commands.check_file)
cli.command("export")(commands.export_file)
cli.command("republish")(commands.republish)


@cli.command()
def api() -> None:
    """Serve the catalog and publish what changes."""
    settings = load(Settings)
    configure("catalog", "api", settings)
    run(serve(build_api(settings), settings))


@cli.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    settings = load(StoreSettings)
    configure("catalog", "migrate", settings)
    try:
        run(upgrade(settings.postgres_url, MIGRATIONS))
    except OSError as away:
        typer.echo(f"the database cannot be reached: {away}", err=True)
        raise typer.Exit(1) from away


if __name__ == "__main__":
    cli()
