"""`python -m libs.common.kafka provision [--replication N]`: creates the topics of the topic table."""

import asyncio
from typing import Annotated

import typer
from rich.console import Console

from libs.common.kafka.connection import connection
from libs.common.kafka.provision import provision
from libs.common.settings import KafkaSettings, load

app = typer.Typer(add_completion=False, help=__doc__)


@app.callback()
def main() -> None:
    """Work on Kafka's topics."""


@app.command("provision")
def provision_command(
    replication: Annotated[int, typer.Option(min=1, help="Replicas of each partition.")] = 1,
) -> None:
    """Creates what is missing and names it."""
    created = asyncio.run(provision(**connection(load(KafkaSettings)), replication=replication))
    Console().print("\n".join(created) or "Every topic exists.")


if __name__ == "__main__":
    app()
