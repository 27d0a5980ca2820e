"""`python -m services.gateway api|canary|migrate|partners …`."""

import asyncio
from pathlib import Path

import typer

from libs.common.migrations import migrate as run_migrations
from libs.common.settings import load
from libs.common.telemetry import configure, configure_logs
from services.gateway.commands import partners
from services.gateway.settings import ApiSettings, CanarySettings, StoreSettings

cli = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)
cli.add_typer(partners, name="partners")


@cli.command()
def api() -> None:
    """Serve the public API."""
    from libs.common.web import run
    from services.gateway.app import main

    settings = load(ApiSettings)
    configure("gateway", "api", settings)
    run(main(settings))


@cli.command()
def canary() -> None:
    """Post an interaction every 15 s and read it back, to measure freshness as a partner sees it."""
    from libs.common.web import run, serve
    from services.gateway.canary.app import build_canary

    settings = load(CanarySettings)
    configure("gateway", "canary", settings)
    run(serve(build_canary(settings), settings))


@cli.command()
def migrate() -> None:
    """Bring the database to the newest version."""
    settings = load(StoreSettings)
    configure_logs("gateway", "migrate", settings)
    asyncio.run(run_migrations(settings.postgres_url, Path(__file__).parent / "migrations"))


if __name__ == "__main__":
    cli()
