"""`python -m tests.benchmarks {freshness,gateway,pathway,train,update}`: each beside its ceiling, as a table and JSON."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from msgspec import Struct
from rich.console import Console

from deploy.local.keeper import Say
from deploy.local.terminal import run
from tests.benchmarks import gateway as of_gateway
from tests.benchmarks import pathway as of_pathway
from tests.benchmarks import train as of_trainer
from tests.benchmarks import update as of_worker
from tests.benchmarks.freshness import Freshness
from tests.benchmarks.tables import (
    show_freshness,
    show_gateway,
    show_pathway,
    show_train,
    show_update,
)
from tests.benchmarks.target import target, temporary_folder
from tests.benchmarks.wire import Client
from tests.benchmarks.world import world

_console = Console(stderr=True)
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


@cli.command()
def train(
    learners: Annotated[int, typer.Option(min=100, max=2_000_000)] = 20_000,
    credentials: Annotated[int, typer.Option(min=200, max=50_000)] = 20_000,
    each: Annotated[int, typer.Option(min=2, max=100, help="Interactions of a learner.")] = 12,
    events: Annotated[int, typer.Option(min=100, max=1_000_000)] = 10_000,
    factors: Annotated[int, typer.Option(min=2, max=256)] = 64,
    step_after: Annotated[int, typer.Option(min=1, max=10_000, help="Events a step.")] = 1_000,
    json: Json = None,
) -> None:
    """The trainer's CPU time an event, a sweep's beside implicit's, memory, restart from the archive."""
    with temporary_folder() as folder:
        report = of_trainer.measure(
            learners=learners,
            credentials=credentials,
            each=each,
            events=events,
            factors=factors,
            step_after=step_after,
            folder=folder,
            say=_console.print,
        )
    show_train(Console(), report)
    _write(json, report)


@cli.command()
def update(
    learners: Annotated[int, typer.Option(min=100, max=200_000)] = 20_000,
    credentials: Annotated[int, typer.Option(min=200, max=50_000)] = 20_000,
    each: Annotated[int, typer.Option(min=2, max=100, help="Interactions of a learner.")] = 12,
    updates: Annotated[int, typer.Option(min=10, max=100_000)] = 1_000,
    factors: Annotated[int, typer.Option(min=2, max=256)] = 64,
    json: Json = None,
) -> None:
    """The worker's CPU time for a learner's new list, by stage."""
    report = of_worker.measure(
        learners=learners,
        credentials=credentials,
        each=each,
        updates=updates,
        factors=factors,
        say=_console.print,
    )
    show_update(Console(), report)
    _write(json, report)


@cli.command()
def pathway(
    credentials: Annotated[int, typer.Option(min=200, max=50_000)] = 20_000,
    paths: Annotated[int, typer.Option(min=3, max=1_000)] = 50,
    json: Json = None,
) -> None:
    """CPU time of a path toward an occupation, and of a list for it."""
    report = of_pathway.measure(credentials=credentials, paths=paths, say=_console.print)
    show_pathway(Console(), report)
    _write(json, report)


def _write(path: Path | None, report: Struct) -> None:
    if path is not None:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")


if __name__ == "__main__":
    cli()
