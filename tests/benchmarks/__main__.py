"""`python -m tests.benchmarks {freshness,gateway}`: each beside its ceiling, as a table and JSON."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from msgspec import Struct
from rich.console import Console

from deploy.local.keeper import Say
from deploy.local.terminal import run
from tests.benchmarks import gateway as of_gateway
from tests.benchmarks.freshness import Freshness
from tests.benchmarks.tables import show_freshness, show_gateway
from tests.benchmarks.target import target, temporary_folder
from tests.benchmarks.wire import Client
from tests.benchmarks.world import world

cli = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help=__doc__)

Json = Annotated[Path | None, typer.Option("--json", help="Write the report there too.")]
OfStack = Annotated[
    Path | None, typer.Option("--stack", exists=True, help="The stack.json of a running stack.")
]
Sample = Annotated[bool, typer.Option("--sample", help="Start with the sample world.")]
Credentials = Annotated[int, typer.Option(min=20, max=20_000, help="How large a catalog.")]
Learners = Annotated[int, typer.Option(min=4, max=10_000)]


@cli.command()
def freshness(
    rate: Annotated[
        list[float] | None,
        typer.Option(
            min=1, max=10_000, help="Interactions a second; several are runs. None: idle."
        ),
    ] = None,
    count: Annotated[int, typer.Option(min=1, max=10_000, help="At idle, at most so many.")] = 100,
    seconds: Annotated[float, typer.Option(min=1, max=60, help="Of each run, at most.")] = 8,
    credentials: Credentials = 500,
    learners: Learners = 100,
    stack: OfStack = None,
    sample: Sample = False,
    json: Json = None,
) -> None:
    """From an interaction's sending to the first served list that includes it."""

    async def main(say: Say) -> None:
        async with (
            target(stack, sample=sample, say=say) as found,
            world(found, credentials=credentials, learners=learners, say=say) as made,
            Client(found.file.gateway_url, found.file.partner.secret_key) as partner,
        ):
            measuring = Freshness(found, made, partner, count=count, seconds=seconds)
            report = await measuring.report(rate or [None], say)
        show_freshness(Console(), report)
        _write(json, report)

    run(main)


@cli.command()
def gateway(
    requests: Annotated[
        int, typer.Option(min=100, max=100_000, help="Of each kind, over all rounds.")
    ] = 2_500,
    credentials: Credentials = 500,
    learners: Learners = 20,
    stack: OfStack = None,
    sample: Sample = False,
    json: Json = None,
) -> None:
    """CPU time of a recommendation over that of a constant answer."""

    async def main(say: Say) -> None:
        with temporary_folder() as folder:
            async with (
                target(stack, sample=sample, say=say) as found,
                world(found, credentials=credentials, learners=learners, say=say) as made,
                Client(found.file.gateway_url, found.file.partner.secret_key) as partner,
            ):
                report = await of_gateway.measure(
                    found, made, partner, requests=requests, folder=folder, say=say
                )
        show_gateway(Console(), report)
        _write(json, report)

    run(main)


def _write(path: Path | None, report: Struct) -> None:
    if path is not None:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")


if __name__ == "__main__":
    cli()
