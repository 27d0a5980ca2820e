"""`python -m deploy.local up --state DIR`: the whole stack, for other programs and people."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.local.command import Service, become
from deploy.local.errors import StackFailure
from deploy.local.keeper import Say
from deploy.local.run import running_stack
from deploy.local.state import StateFolder
from deploy.local.terminal import run, tell

cli = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help=__doc__)


@cli.callback()
def main() -> None:
    """Stackwise on one machine."""


@cli.command()
def up(
    state: Annotated[Path, typer.Option(help="Where everything is kept; goes on where it was.")],
    gateway_port: Annotated[
        int | None, typer.Option(min=1, max=65_535, help="A free one unless given.")
    ] = None,
    kafka: Annotated[
        str | None,
        typer.Option(
            envvar="STACKWISE_KAFKA_BOOTSTRAP", help="HOST:PORT, in place of the embedded broker."
        ),
    ] = None,
    sample: Annotated[bool, typer.Option(help="Load the sample world.")] = True,
) -> None:
    """Starts the stack, writes STATE/stack.json when it is ready, and keeps it running."""

    async def stay_up(say: Say) -> None:
        started = running_stack(
            state, kafka=kafka, gateway_port=gateway_port, sample=sample, say=say
        )
        async with started as stack:
            say(f"ready: {stack.gateway_url} (keys in {stack.state.stack_file})")
            await stack.failure()

    run(stay_up)


@cli.command("run", context_settings={"allow_interspersed_args": False})
def run_command(
    service: Annotated[Service, typer.Argument(help="Whose environment the command gets.")],
    command: Annotated[list[str], typer.Argument(help="The command and its arguments.")],
    state: Annotated[Path, typer.Option(help="The state folder of a running stack.")],
) -> None:
    """Runs a command as one of a running stack's services would: its databases, Kafka, Redis, secrets."""
    try:
        become(StateFolder(state), service, command)
    except StackFailure as failure:
        tell(failure)


if __name__ == "__main__":
    cli()
